import { type Alarm, type AlarmChange, compareAlarms, type RingingAlarm } from "./alarm.ts";
import { type AgeLook, ageOf, type Backlog, backlogAlarms, withLook } from "./backlog.ts";
import { type Attempts, attemptsAlarms } from "./attempts.ts";
import { burnAlarms, type OrdersBucket, withCounts } from "./burn-rate.ts";
import {
  type DeadLetterGroup,
  fingerprintAlarms,
  forgottenAlarms,
  type KnownFingerprint,
  type OldestDeadLetter,
  withDeadLetters,
} from "./dead-letters.ts";

const MINUTE_MS = 60_000;
const CIRCUIT_PAGE_MS = 10 * MINUTE_MS;

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
  readonly oldestDeadLetters: readonly OldestDeadLetter[];
  readonly openCircuits: readonly OpenCircuit[];
  readonly orders: { readonly accepted: number; readonly failed: number };
  /** Of the last quarter of an hour. */
  readonly attempts: Attempts;
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
    ...forgottenAlarms(seen.oldestDeadLetters, nowMs),
    ...attemptsAlarms(seen.attempts),
    ...circuitAlarms(seen.openCircuits, nowMs),
    ...burnAlarms(orders, nowMs),
  ];
  const { ringing, changes } = compareAlarms(before.ringing, alarms, nowMs);
  return { state: { looks, fingerprints, orders, ringing }, changes };
}

/** One open circuit is told at once; long, or two at the same time, it leaves nobody to fail over to. */
const circuitAlarms = (circuits: readonly OpenCircuit[], nowMs: number): Alarm[] =>
  circuits.map(({ key, sinceMs, held }) => ({
    kind: "circuit-open",
    subject: key,
    loudness: nowMs - sinceMs >= CIRCUIT_PAGE_MS || circuits.length > 1 ? "page" : "ticket",
    text: `${key} does not answer since ${new Date(sinceMs).toISOString().slice(11, 16)} UTC; ${held} deliveries are held for it`,
  }));
