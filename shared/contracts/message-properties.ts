/** What travels beside the body of every message of ours, under these names. */
export const messageProperties = {
  /** Which copy of a message this is: 1 as first sent, one more per copy. */
  hop: "x-hop",
  /** Which attempt its handling makes: 1 as first sent. Waiting for a circuit raises the hop, and not this. */
  attempt: "x-attempt",
  originalId: "x-original-message-id",
  firstEnqueuedAt: "x-first-enqueued-at",
  subject: "x-subject",
  /** Of whoever sent the message first. */
  traceparent: "traceparent",
  /** The span of the attempt before this one. */
  previousAttempt: "x-previous-attempt",
} as const;

export interface CarriedFacts {
  readonly hop: number;
  readonly attempt: number;
  readonly originalId: string;
  readonly firstEnqueuedAtMs: number;
  readonly subject: string;
  readonly traceparent?: string | undefined;
  readonly previousAttempt?: string | undefined;
}

/** What every copy carries along, so that budgets, ids and traces outlive any number of hops. */
export const carriedProperties = (facts: CarriedFacts): Record<string, string | number> => ({
  [messageProperties.hop]: facts.hop,
  [messageProperties.attempt]: facts.attempt,
  [messageProperties.originalId]: facts.originalId,
  [messageProperties.firstEnqueuedAt]: new Date(facts.firstEnqueuedAtMs).toISOString(),
  [messageProperties.subject]: facts.subject,
  ...(facts.traceparent === undefined ? {} : { [messageProperties.traceparent]: facts.traceparent }),
  ...(facts.previousAttempt === undefined
    ? {}
    : { [messageProperties.previousAttempt]: facts.previousAttempt }),
});

/** The id of a copy: made of the first message's id, so that the same copy made twice is known by it. */
export const copyId = (originalId: string, hop: number): string => `${originalId}:a${hop}`;

const PARKED = ":parked";

/** The id of a parked copy, of which there is one for each copy that was worked on. */
export const parkedId = (originalId: string, hop: number): string => `${copyId(originalId, hop)}${PARKED}`;

export const isParkedId = (messageId: string): boolean => messageId.endsWith(PARKED);
