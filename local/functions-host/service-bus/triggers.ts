import type { ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { Listener, ListenerContext } from "../listener.ts";
import { BatchListener } from "./batch-listener.ts";
import { maxConcurrentCalls } from "./concurrency.ts";
import { ServiceBusListener } from "./listener.ts";
import { SessionBatchListener } from "./session-batch-listener.ts";
import { SessionListener } from "./session-listener.ts";

/** The .NET client's time-out for one attempt, which also stands in for a sessionIdleTimeout that is not set. */
const TRY_TIMEOUT_MS = 60_000;

/** Listeners for all Service Bus functions, and the end of their connections. The client is loaded only if there are any. */
export async function serviceBusListeners(
  functions: readonly ServiceBusFunction[],
  context: ListenerContext,
): Promise<{ listeners: Listener[]; close: () => Promise<void> }> {
  if (functions.length === 0) return { listeners: [], close: () => Promise.resolve() };
  const { ServiceBusClients } = await import("./clients.ts");
  const clients = new ServiceBusClients(context.hostJson.extensions.serviceBus);
  const listeners = functions.map((target) =>
    listener(target, clients.for(target.connectionString), context),
  );
  return { listeners, close: () => clients.close() };
}

function listener(
  target: ServiceBusFunction,
  client: ServiceBusClient,
  { hostJson, clock, log, invoke }: ListenerContext,
): Listener {
  const settings = hostJson.extensions.serviceBus;
  const tryTimeoutMs = settings.clientRetryOptions.tryTimeout ?? TRY_TIMEOUT_MS;
  const idleMs = settings.sessionIdleTimeout ?? tryTimeoutMs;
  const handling = { client, settings, clock, log, invoke };
  if (target.batches) {
    return target.sessions
      ? new SessionBatchListener(target, { ...handling, idleMs })
      : new BatchListener(target, { ...handling, tryTimeoutMs });
  }
  if (target.sessions) return new SessionListener(target, { ...handling, idleMs });
  return new ServiceBusListener(target, { ...handling, maxConcurrentCalls: maxConcurrentCalls(settings) });
}
