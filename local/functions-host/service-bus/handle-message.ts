import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { ServiceBusSettings } from "../app/host-json.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import type { Outcome } from "./settlement-gate.ts";
import { describeError } from "../describe-error.ts";

export interface HandlingOptions {
  readonly settings: ServiceBusSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the function failed, in whatever way. */
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

/** Whether the host completes what a function has handled; the trigger's own word goes before host.json's. */
export const completesMessages = (target: ServiceBusFunction, settings: ServiceBusSettings): boolean =>
  target.autoComplete ?? settings.autoCompleteMessages;

/**
 * Runs the function. Any failure means abandon, at once and whatever autoCompleteMessages says. Without autoComplete a
 * success means nothing: the message stays locked and comes again when the lock runs out, because a Node function has no
 * way to settle it itself.
 *
 * @param request made late: a body that cannot be converted is a failed invocation.
 */
export async function outcomeOf(
  target: ServiceBusFunction,
  { settings, invoke, log }: HandlingOptions,
  request: () => InvocationRequest,
): Promise<Outcome | "leave"> {
  let made: InvocationRequest;
  try {
    made = request();
  } catch (error) {
    log("invocation failed", { function: target.name, error: describeError(error) });
    return "abandon";
  }
  try {
    await invoke(made);
  } catch {
    return "abandon"; // the failure itself was logged where it was noticed
  }
  return completesMessages(target, settings) ? "complete" : "leave";
}

export interface Settler {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>;
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>;
}

/** Also ends the delivery on its link, which the client leaves open when it settles by another way. */
export async function settleThrough(
  receiver: Settler,
  message: ServiceBusReceivedMessage & { readonly delivery?: LinkDelivery },
  outcome: Outcome,
): Promise<void> {
  if (outcome === "complete") await receiver.completeMessage(message);
  else await receiver.abandonMessage(message);
  const { delivery } = message;
  if (delivery?.settled === false) delivery.update(true);
}

/**
 * Where a subscription began while nobody could be reached, the client (7.9.5) does not find the link that a message came on,
 * because the link has another name than it had at first, and settles over the management link. Its session takes
 * 2048 deliveries that are not ended, and then no message any more.
 */
interface LinkDelivery {
  readonly settled: boolean;
  update(settled: boolean): void;
}

/** Lock lost or broker gone: the broker will deliver the message again. */
export function reportUnsettled(
  target: ServiceBusFunction,
  log: Log,
  message: ServiceBusReceivedMessage,
  outcome: Outcome,
  error: unknown,
): void {
  const { messageId } = message;
  log("settlement failed", { function: target.name, messageId, outcome, error: describeError(error) });
}
