import { ServiceBusClient } from "@azure/service-bus";
import type { Settings } from "#shared/contracts/settings.ts";

/**
 * None of the client's own retries: the adapter tries once more on a new connection, and the outbox, the sweep and
 * redelivery are the real retry. A send that is under way when the connection breaks is not told so by the client (7.9.5)
 * and only ends by this time-out, with all that queued up behind it.
 */
const retryOptions = { maxRetries: 0, timeoutInMs: 8_000 };

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
