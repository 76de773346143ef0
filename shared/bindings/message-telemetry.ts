import type { InvocationContext } from "@azure/functions";
import type { QueueName } from "#shared/contracts/topology.ts";
import { fingerprintOf } from "#shared/domain/fingerprint.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import type { SpanRequest, Telemetry } from "#shared/ports/telemetry.ts";
import type { MessageFacts } from "./message-facts.ts";

/**
 * One attempt at a message. Its parent is whoever sent the message first, however many copies ago, so that all attempts
 * stand in the trace of the POST; it is linked to the attempt before it and to what the host knows of this delivery.
 */
export const attemptSpan = (
  queue: QueueName,
  facts: MessageFacts,
  context: InvocationContext,
): SpanRequest => ({
  name: `handle ${queue}`,
  kind: "work",
  parent: facts.traceparent ?? context.traceContext?.traceParent,
  links: [facts.previousAttempt, context.traceContext?.traceParent],
  facts: {
    "messaging.destination.name": queue,
    "messaging.message.id": facts.originalId,
    "messaging.message.conversation_id": facts.correlationId,
    attempt: facts.attempt,
    redelivered: facts.redelivered,
  },
});

/** What one attempt came to. */
export function recordOutcome(
  telemetry: Telemetry,
  queue: QueueName,
  age: { readonly firstEnqueuedAtMs: number; readonly nowMs: number },
  outcome: Outcome,
): void {
  telemetry.record("messages.handled", 1, { queue, outcome: outcome.kind });
  if (outcome.kind === "done") {
    telemetry.record("message.time_to_done", Math.max(0, age.nowMs - age.firstEnqueuedAtMs) / 1000, {
      queue,
    });
  }
  if (outcome.kind === "park") {
    const { reason, description } = outcome;
    telemetry.record("dead_letters.added", 1, {
      queue,
      reason,
      fingerprint: fingerprintOf({ queue, reason, description }),
    });
  }
}
