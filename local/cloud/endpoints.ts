import { emulatorKeys } from "./keys.ts";
import type { Ports } from "./ports.ts";

/** Where everything is, in the form that Azure's clients take. */
export interface Endpoints {
  readonly functions: string;
  readonly serviceBus: { readonly connectionString: string; readonly administration: string };
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly storage: { readonly connectionString: string };
  readonly partners: string;
  readonly mail: { readonly connectionString: string; readonly smtp: string };
}

export function endpointsOf(ports: Ports, mailKey: string): Endpoints {
  const { name, key } = emulatorKeys.serviceBus;
  const { account, key: accountKey } = emulatorKeys.storage;
  const storageAt = (port: number): string => `http://127.0.0.1:${port}/${account}`;
  return {
    functions: `http://127.0.0.1:${ports.functions}`,
    serviceBus: {
      connectionString: `Endpoint=sb://localhost:${ports.serviceBus};SharedAccessKeyName=${name};SharedAccessKey=${key};UseDevelopmentEmulator=true`,
      administration: `http://localhost:${ports.serviceBusAdministration}`,
    },
    cosmos: { endpoint: `http://127.0.0.1:${ports.cosmos}/`, key: emulatorKeys.cosmos },
    storage: {
      connectionString: [
        "DefaultEndpointsProtocol=http",
        `AccountName=${account}`,
        `AccountKey=${accountKey}`,
        `BlobEndpoint=${storageAt(ports.blobs)}`,
        `QueueEndpoint=${storageAt(ports.storageQueues)}`,
        `TableEndpoint=${storageAt(ports.tables)}`,
      ].join(";"),
    },
    partners: `http://127.0.0.1:${ports.partners}`,
    mail: {
      connectionString: `endpoint=http://127.0.0.1:${ports.partners}/;accesskey=${mailKey}`,
      smtp: `smtp://expedite:${encodeURIComponent(mailKey)}@127.0.0.1:${ports.smtp}`,
    },
  };
}
