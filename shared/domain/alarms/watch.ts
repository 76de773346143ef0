import { type Alarm, type AlarmChange, compareAlarms, type RingingAlarm } from "./alarm.ts";
import { type AgeLook, ageOf, type Backlog, backlogAlarms, withLook } from "./backlog.ts";
import { burnAlarms, type OrdersBucket, withCounts } from "./burn-rate.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A problem that has not been seen for so long is new when it comes back. */
const FORGET_FINGERPRINT_MS = 7 * 24 * HOUR_MS;
const NEW_FOR_MS = HOUR_MS;
const MANY_OF_ONE = 50;
const MOST_FINGERPRINTS = 500;
const CIRCUIT_PAGE_MS = 10 * MINUTE_MS;

export interface DeadLetterGroup {
  readonly fingerprint: string;
  readonly queue: string;
  readonly reason: string;
  /** Since the last look. */
  readonly added: number;
}

export interface OpenCircuit {
  readonly key: string;
  readonly sinceMs: number;
  readonly held: number;
}

/** All that one look sees. */
export interface Observation {
  readonly nowMs: number;
  readonly backlogs: readonly Backlog[];
  readonly deadLetters: readonly DeadLetterGroup[];
  readonly openCircuits: readonly OpenCircuit[];
  readonly orders: { readonly accepted: number; readonly failed: number };
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

/** What one look leaves for the next. Bounded. */
export interface WatchState {
  readonly looks: Readonly<Record<string, readonly AgeLook[]>>;
  readonly fingerprints: readonly KnownFingerprint[];
  readonly orders: readonly OrdersBucket[];
  readonly ringing: readonly RingingAlarm[];
}

export const freshWatch: WatchState = { looks: {}, fingerprints: [], orders: [], ringing: [] };

/** One look at everything: what rings, and what has changed since the last look. Pure. */
export function watch(
  before: WatchState,
  seen: Observation,
): { readonly state: WatchState; readonly changes: readonly AlarmChange[] } {
  const { nowMs } = seen;
  const looks = Object.fromEntries(
    seen.backlogs.map((backlog) => [
      backlog.consumer,
      withLook(before.looks[backlog.consumer] ?? [], { atMs: nowMs, ageMs: ageOf(backlog, nowMs) }),
    ]),
  );
  const fingerprints = withDeadLetters(before.fingerprints, seen.deadLetters, nowMs);
  const orders = withCounts(before.orders, seen.orders, nowMs);
  const alarms = [
    ...seen.backlogs.flatMap((backlog) => backlogAlarms(backlog, looks[backlog.consumer] ?? [], nowMs)),
    ...fingerprintAlarms(fingerprints, nowMs),
    ...circuitAlarms(seen.openCircuits, nowMs),
    ...burnAlarms(orders, nowMs),
  ];
  const { ringing, changes } = compareAlarms(before.ringing, alarms, nowMs);
  return { state: { looks, fingerprints, orders, ringing }, changes };
}

function withDeadLetters(
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

/** Rings for the first hour of a problem; louder when it is many at once: a bug or a changed contract. */
const fingerprintAlarms = (known: readonly KnownFingerprint[], nowMs: number): Alarm[] =>
  known
    .filter(({ firstSeenMs }) => nowMs < firstSeenMs + NEW_FOR_MS)
    .map(({ fingerprint, queue, reason, count }) => ({
      kind: "new-fingerprint",
      subject: fingerprint,
      loudness: count > MANY_OF_ONE ? "page" : "ticket",
      text: `${queue}: a problem not seen before, ${reason} (${fingerprint}), ${count} dead letters so far`,
    }));

/** One open circuit is told at once; long, or two at the same time, it leaves nobody to fail over to. */
const circuitAlarms = (circuits: readonly OpenCircuit[], nowMs: number): Alarm[] =>
  circuits.map(({ key, sinceMs, held }) => ({
    kind: "circuit-open",
    subject: key,
    loudness: nowMs - sinceMs >= CIRCUIT_PAGE_MS || circuits.length > 1 ? "page" : "ticket",
    text: `${key} does not answer since ${new Date(sinceMs).toISOString().slice(11, 16)} UTC; ${held} deliveries are held for it`,
  }));
