import { availableParallelism } from "node:os";
import type { ServiceBusSettings } from "../app/host-json.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";

/** Azure's default for maxConcurrentCalls, per function and instance. */
const CALLS_PER_CORE = 16;

export const maxConcurrentCalls = (settings: ServiceBusSettings): number =>
  settings.maxConcurrentCalls ?? CALLS_PER_CORE * availableParallelism();

/** How many messages one instance works on at a time: what the target of scaling is divided by. */
export function messagesPerInstance(target: ServiceBusFunction, settings: ServiceBusSettings): number {
  if (target.batches) return settings.maxMessageBatchSize;
  return target.sessions ? settings.maxConcurrentSessions : maxConcurrentCalls(settings);
}
