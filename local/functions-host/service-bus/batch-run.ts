import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import {
  type HandlingOptions,
  outcomeOf,
  reportUnsettled,
  settleThrough,
  type Settler,
} from "./handle-message.ts";
import { batchRequest } from "./invocation-request.ts";

/** One call for all messages, then one outcome for all of them. Their locks are not renewed meanwhile, as on Azure. */
export async function runBatch(
  target: ServiceBusFunction,
  options: HandlingOptions,
  receiver: Settler,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  const outcome = await outcomeOf(target, options, () => batchRequest(target, messages));
  if (outcome === "leave") return;
  await Promise.all(
    messages.map(async (message) => {
      try {
        await settleThrough(receiver, message, outcome);
      } catch (error) {
        reportUnsettled(target, options.log, message, outcome, error);
      }
    }),
  );
}

/** How batches are cut, from host.json. */
export const batchSize = ({ settings }: HandlingOptions) => ({
  max: settings.maxMessageBatchSize,
  min: settings.minMessageBatchSize,
  maxWaitMs: settings.maxBatchWaitTime,
});
