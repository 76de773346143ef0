import type { ServiceBusClient, ServiceBusReceiver, ServiceBusSessionReceiver } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";

const RECEIVER_OPTIONS = {
  receiveMode: "peekLock",
  maxAutoLockRenewalDurationInMs: 0, // see keepLocked
  skipParsingBodyAsJson: true, // the library parses, as on Azure
} as const;

export function openReceiver(
  client: ServiceBusClient,
  entity: ServiceBusFunction["entity"],
): ServiceBusReceiver {
  return "queue" in entity
    ? client.createReceiver(entity.queue, RECEIVER_OPTIONS)
    : client.createReceiver(entity.topic, entity.subscription, RECEIVER_OPTIONS);
}

/** Errors that only mean: no session has messages right now. */
const NO_SESSION = new Set(["ServiceTimeout", "SessionCannotBeLocked", "OperationTimeoutError"]);

/**
 * The next session that nobody holds; undefined when none has messages within the client's time-out, or when told to end.
 * Told to end, the client takes seconds to let go of its request: a session that still comes of it is given back unused.
 */
export async function nextSession(
  client: ServiceBusClient,
  entity: ServiceBusFunction["entity"],
  signal: AbortSignal,
): Promise<ServiceBusSessionReceiver | undefined> {
  const ended = Promise.withResolvers<undefined>();
  const end = (): void => ended.resolve(undefined);
  signal.addEventListener("abort", end);
  const accepted = accept(client, entity, signal);
  const session = await Promise.race([accepted, ended.promise]);
  signal.removeEventListener("abort", end);
  if (session === undefined) accepted.then((late) => late?.close()).catch(() => undefined);
  return session;
}

async function accept(
  client: ServiceBusClient,
  entity: ServiceBusFunction["entity"],
  signal: AbortSignal,
): Promise<ServiceBusSessionReceiver | undefined> {
  const options = { ...RECEIVER_OPTIONS, abortSignal: signal };
  try {
    return "queue" in entity
      ? await client.acceptNextSession(entity.queue, options)
      : await client.acceptNextSession(entity.topic, entity.subscription, options);
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof Error && "code" in error && NO_SESSION.has(String(error.code))) return undefined;
    throw error;
  }
}
