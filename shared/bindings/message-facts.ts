import type { InvocationContext } from "@azure/functions";
import { type CarriedFacts, isParkedId, messageProperties } from "#shared/contracts/message-properties.ts";
import type { System } from "#shared/ports/system.ts";

/** What travels beside the body, read defensively: the host turns text that looks like JSON into other types. */
export interface MessageFacts extends CarriedFacts {
  /** Begun before, perhaps: a handler crashed or lost its lock, or this is a dead letter that was sent again. */
  readonly redelivered: boolean;
  /** This copy is on its way to the dead-letter queue. */
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

/** Duplicate detection drops what comes back sooner under the id that it had. */
const KNOWN_BY_ITS_TIME_MS = 30 * 60_000;

/**
 * Whether a dead letter was sent again. It still carries the mark of a parked copy, which keeps the copy itself from being
 * worked on; so it is told by the reason that the broker gave it, by an id that no parked copy has, or by the time that
 * has passed.
 */
function isSentAgain(
  properties: Readonly<Record<string, unknown>>,
  messageId: string | undefined,
  enqueuedAtMs: number,
): boolean {
  if (properties["failedAt"] === undefined) return false;
  // The host's library writes members of objects with a small first letter.
  const broker = properties["DeadLetterReason"] ?? properties["deadLetterReason"];
  const isMarked = textOf(properties["parked"]) === "true";
  const parkedAtMs = Date.parse(textOf(properties["failedAt"]) ?? "");
  const isLate = enqueuedAtMs - parkedAtMs > KNOWN_BY_ITS_TIME_MS;
  const hasOtherId = messageId !== undefined && !isParkedId(messageId);
  return !isMarked || broker !== undefined || hasOtherId || isLate;
}

export function readMessageFacts(context: InvocationContext, system: System): MessageFacts {
  const metadata = context.triggerMetadata ?? {};
  const properties: Readonly<Record<string, unknown>> = Object(metadata["applicationProperties"]);
  const carried = (name: string, otherwise: string): string | undefined =>
    textOf(properties[name] ?? metadata[otherwise]);
  const timeOf = (text: string | undefined): number => {
    const ms = Date.parse(text ?? "");
    return Number.isNaN(ms) ? system.now() : ms;
  };
  const enqueuedAt = textOf(metadata["enqueuedTimeUtc"]);
  const facts: MessageFacts = {
    originalId: carried(messageProperties.originalId, "messageId") ?? context.invocationId,
    hop: countOf(properties[messageProperties.hop]),
    attempt: countOf(properties[messageProperties.attempt]),
    firstEnqueuedAtMs: timeOf(carried(messageProperties.firstEnqueuedAt, "enqueuedTimeUtc")),
    redelivered: countOf(metadata["deliveryCount"]) > 1,
    parked: textOf(properties["parked"]) === "true",
    // The body of a CloudEvent has a `subject` of its own, which the host puts in the place of the message's.
    subject: carried(messageProperties.subject, "label") ?? "",
    correlationId: textOf(metadata["correlationId"]) ?? "",
    traceparent: textOf(properties[messageProperties.traceparent]),
    previousAttempt: textOf(properties[messageProperties.previousAttempt]),
  };
  if (!isSentAgain(properties, textOf(metadata["messageId"]), Date.parse(enqueuedAt ?? ""))) return facts;
  // One hop further, so that its copies are others than those of the first time: they would be dropped as repeats of them.
  const anew = { hop: facts.hop + 1, attempt: 1, firstEnqueuedAtMs: timeOf(enqueuedAt) };
  return { ...facts, ...anew, redelivered: true, parked: false };
}
