import type { ServiceBusAdministrationClient } from "@azure/service-bus";
import { administrationOverHttp } from "#local/administration-over-http.ts";

/** Whatever runs a broker. */
interface Served {
  readonly server: { readonly connectionString: string; readonly administrationPort: number };
}

/** The genuine client. */
export function administration({ server }: Served, key?: string): ServiceBusAdministrationClient {
  const connection = server.connectionString.replace(
    /localhost:\d+/,
    `localhost:${server.administrationPort}`,
  );
  return administrationOverHttp(
    key === undefined ? connection : connection.replace("a-key-for-tests-only", key),
  );
}
