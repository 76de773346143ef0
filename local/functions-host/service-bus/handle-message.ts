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

export const settleThrough = (
  receiver: Settler,
  message: ServiceBusReceivedMessage,
  outcome: Outcome,
): Promise<void> =>
  outcome === "complete" ? receiver.completeMessage(message) : receiver.abandonMessage(message);

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
