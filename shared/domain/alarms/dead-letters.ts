import type { Alarm } from "./alarm.ts";

const HOUR_MS = 3_600_000;
/** A problem that has not been seen for so long is new when it comes back. */
const FORGET_FINGERPRINT_MS = 7 * 24 * HOUR_MS;
const NEW_FOR_MS = HOUR_MS;
const MANY_OF_ONE = 50;
const MOST_FINGERPRINTS = 500;
/** Why the broker itself moves a message away; see docs/operations.md. Ours give their own reasons. */
const BROKERS_OWN = new Set(["MaxDeliveryCountExceeded", "TTLExpiredException", "HeaderSizeExceeded"]);
const FORGOTTEN_TICKET_MS = 4 * HOUR_MS;
const FORGOTTEN_PAGE_MS = 24 * HOUR_MS;

export interface DeadLetterGroup {
  readonly fingerprint: string;
  readonly queue: string;
  readonly reason: string;
  /** Since the last look. */
  readonly added: number;
}

export interface OldestDeadLetter {
  readonly queue: string;
  readonly sinceMs: number;
}

export interface KnownFingerprint {
  readonly fingerprint: string;
  readonly queue: string;
  readonly reason: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Within the first hour. */
  readonly count: number;
}

export function withDeadLetters(
  before: readonly KnownFingerprint[],
  groups: readonly DeadLetterGroup[],
  nowMs: number,
): KnownFingerprint[] {
  const known = new Map(
    before
      .filter(({ lastSeenMs }) => lastSeenMs > nowMs - FORGET_FINGERPRINT_MS)
      .map((entry) => [entry.fingerprint, entry]),
  );
  for (const { fingerprint, queue, reason, added } of groups) {
    const entry = known.get(fingerprint) ?? {
      fingerprint,
      queue,
      reason,
      firstSeenMs: nowMs,
      lastSeenMs: nowMs,
      count: 0,
    };
    const isNew = nowMs < entry.firstSeenMs + NEW_FOR_MS;
    known.set(fingerprint, { ...entry, lastSeenMs: nowMs, count: entry.count + (isNew ? added : 0) });
  }
  return [...known.values()].toSorted((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, MOST_FINGERPRINTS);
}

/**
 * Rings for the first hour of a problem; louder when it is many at once, a bug or a changed contract, and at once when it
 * was the broker that gave a message up: then something ends before it can decide anything.
 */
export const fingerprintAlarms = (known: readonly KnownFingerprint[], nowMs: number): Alarm[] =>
  known
    .filter(({ firstSeenMs }) => nowMs < firstSeenMs + NEW_FOR_MS)
    .map(({ fingerprint, queue, reason, count }) => ({
      kind: "new-fingerprint",
      subject: fingerprint,
      loudness: count > MANY_OF_ONE || BROKERS_OWN.has(reason) ? "page" : "ticket",
      text: `${queue}: a problem not seen before, ${reason} (${fingerprint}), ${count} dead letters so far`,
    }));

/** Dead letters wait for somebody's decision, and somebody for them. */
export const forgottenAlarms = (oldest: readonly OldestDeadLetter[], nowMs: number): Alarm[] =>
  oldest
    .filter(({ sinceMs }) => nowMs - sinceMs >= FORGOTTEN_TICKET_MS)
    .map(({ queue, sinceMs }) => ({
      kind: "forgotten-dead-letters",
      subject: queue,
      loudness: nowMs - sinceMs >= FORGOTTEN_PAGE_MS ? "page" : "ticket",
      text: `${queue}: nobody has decided about a dead letter for ${Math.floor((nowMs - sinceMs) / HOUR_MS)} hours`,
    }));
