import type { InvocationContext } from "@azure/functions";
import { type CarriedFacts, messageProperties } from "#shared/contracts/message-properties.ts";
import type { System } from "#shared/ports/system.ts";

/** What travels beside the body, read defensively: the host turns text that looks like JSON into other types. */
export interface MessageFacts extends CarriedFacts {
  /** The broker handed this very copy out before: a handler crashed or lost its lock. */
  readonly redelivered: boolean;
  readonly parked: boolean;
  readonly correlationId: string;
}

/** Ids arrive as numbers or booleans when they look like one. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
};

/** Whatever a foreign sender wrote there must not undo the count of attempts. */
function countOf(value: unknown): number {
  const count = Number(textOf(value) ?? 1);
  return Number.isSafeInteger(count) && count >= 1 ? count : 1;
}

export function readMessageFacts(context: InvocationContext, system: System): MessageFacts {
  const metadata = context.triggerMetadata ?? {};
  const properties: Readonly<Record<string, unknown>> = Object(metadata["applicationProperties"]);
  const carried = (name: string, otherwise: string): string | undefined =>
    textOf(properties[name] ?? metadata[otherwise]);
  const enqueuedAtMs = Date.parse(carried(messageProperties.firstEnqueuedAt, "enqueuedTimeUtc") ?? "");
  const traceparent = textOf(properties[messageProperties.traceparent]);
  return {
    originalId: carried(messageProperties.originalId, "messageId") ?? context.invocationId,
    hop: countOf(properties[messageProperties.hop]),
    attempt: countOf(properties[messageProperties.attempt]),
    firstEnqueuedAtMs: Number.isNaN(enqueuedAtMs) ? system.now() : enqueuedAtMs,
    redelivered: Number(metadata["deliveryCount"] ?? 1) > 1,
    parked: textOf(properties["parked"]) === "true",
    // The body of a CloudEvent has a `subject` of its own, which the host puts in the place of the message's.
    subject: carried(messageProperties.subject, "label") ?? "",
    correlationId: textOf(metadata["correlationId"]) ?? "",
    traceparent,
    previousAttempt: textOf(properties[messageProperties.previousAttempt]),
  };
}
