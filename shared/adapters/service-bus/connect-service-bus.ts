import { ServiceBusClient } from "@azure/service-bus";
import type { Settings } from "#shared/contracts/settings.ts";

/** Few and quick: the outbox and the sweep are the real retry, and a sender must not hang for two minutes. */
const retryOptions = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 2_000, timeoutInMs: 15_000 };

/**
 * Azure's client, with the connection string if there is one and with the managed identity otherwise. Import this module
 * lazily: it loads the client, which is CommonJS and, bundled, can only be imported by name from a module like this.
 */
export async function connectServiceBus(settings: Settings): Promise<ServiceBusClient> {
  if (settings.SERVICE_BUS !== undefined) return new ServiceBusClient(settings.SERVICE_BUS, { retryOptions });
  const { DefaultAzureCredential } = await import("@azure/identity");
  const namespace = settings.SERVICE_BUS__fullyQualifiedNamespace ?? "";
  return new ServiceBusClient(namespace, new DefaultAzureCredential(), { retryOptions });
}
