import type { InvocationContext } from "@azure/functions";
import type { MessageProperties } from "#shared/ports/bus.ts";
import type { System } from "#shared/ports/system.ts";

/** What travels beside the body, read defensively: the host turns text that looks like JSON into other types. */
export interface MessageFacts {
  /** The id of the message as it was first sent; copies carry it along. */
  readonly originalId: string;
  /** 1 for the message as first sent; each delayed copy counts one up. */
  readonly hop: number;
  readonly firstEnqueuedAtMs: number;
  /** The broker handed this very copy out before: a handler crashed or lost its lock. */
  readonly redelivered: boolean;
  readonly parked: boolean;
  readonly subject: string;
  readonly correlationId: string;
  readonly traceparent: string | undefined;
}

const HOP = "x-attempt";
const ORIGINAL_ID = "x-original-message-id";
const FIRST_ENQUEUED_AT = "x-first-enqueued-at";
const SUBJECT = "x-subject";

/** Ids arrive as numbers or booleans when they look like one. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
};

/** Whatever a foreign sender wrote there must not undo the count of attempts. */
function hopOf(value: unknown): number {
  const hop = Number(value ?? 1);
  return Number.isSafeInteger(hop) && hop >= 1 ? hop : 1;
}

export function readMessageFacts(context: InvocationContext, system: System): MessageFacts {
  const metadata = context.triggerMetadata ?? {};
  const properties: Readonly<Record<string, unknown>> = Object(metadata["applicationProperties"]);
  const carried = (name: string, otherwise: string): string | undefined =>
    textOf(properties[name] ?? metadata[otherwise]);
  const enqueuedAtMs = Date.parse(carried(FIRST_ENQUEUED_AT, "enqueuedTimeUtc") ?? "");
  const traceparent = textOf(properties["traceparent"]);
  return {
    originalId: carried(ORIGINAL_ID, "messageId") ?? context.invocationId,
    hop: hopOf(properties[HOP]),
    firstEnqueuedAtMs: Number.isNaN(enqueuedAtMs) ? system.now() : enqueuedAtMs,
    redelivered: Number(metadata["deliveryCount"] ?? 1) > 1,
    parked: textOf(properties["parked"]) === "true",
    // The body of a CloudEvent has a `subject` of its own, which the host puts in the place of the message's.
    subject: carried(SUBJECT, "label") ?? "",
    correlationId: textOf(metadata["correlationId"]) ?? "",
    traceparent,
  };
}

/** What every copy carries along, so that budgets, ids and traces outlive any number of hops. */
export const carriedProperties = (facts: MessageFacts): MessageProperties => ({
  [HOP]: facts.hop,
  [ORIGINAL_ID]: facts.originalId,
  [FIRST_ENQUEUED_AT]: new Date(facts.firstEnqueuedAtMs).toISOString(),
  [SUBJECT]: facts.subject,
  ...(facts.traceparent === undefined ? {} : { traceparent: facts.traceparent }),
});
