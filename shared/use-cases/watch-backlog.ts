import type { Circuit } from "#shared/contracts/circuit.ts";
import {
  type AlarmKind,
  alarmKinds,
  deliveriesTold,
  deliveryAttempts,
  handledOf,
  ordersAccepted,
  ordersFailed,
  WatchRecord,
} from "#shared/contracts/watch.ts";
import { type QueueName, queueNames } from "#shared/contracts/topology.ts";
import type { AlarmChange, RingingAlarm } from "#shared/domain/alarms/alarm.ts";
import { ageOf, type Backlog } from "#shared/domain/alarms/backlog.ts";
import type { DeadLetterGroup } from "#shared/domain/alarms/dead-letters.ts";
import { freshWatch, type OpenCircuit, watch } from "#shared/domain/alarms/watch.ts";
import { fingerprintOf } from "#shared/domain/fingerprint.ts";
import type { Chat } from "#shared/ports/chat.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { Log } from "#shared/ports/log.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { QueueLook, QueueWatch } from "#shared/ports/queue-watch.ts";
import type { System } from "#shared/ports/system.ts";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import type { MinuteCounts, WatchStore } from "#shared/ports/watch-store.ts";

export interface WatchBacklogDeps {
  readonly queues: QueueWatch;
  readonly watchStore: WatchStore;
  readonly orders: Pick<OrderStore, "pending">;
  readonly ledger: Pick<DeliveryLedger, "held" | "countHeld">;
  readonly circuits: Pick<Circuits, "all">;
  readonly chat: Chat | undefined;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly system: Pick<System, "now">;
  /** Where docs/operations.md can be read. */
  readonly runbookUrl: string;
}

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
const QUARTER_HOUR_MS = 15 * MINUTE_MS;
/** Counts arrive late: instances tell them every few seconds. */
const COUNTS_ARE_IN_AFTER_MS = MINUTE_MS;

/**
 * One look at everything that waits: queues, outboxes and held deliveries, dead letters, circuits, refused orders. What
 * has changed since the last look is logged, measured and said in the chat, then remembered: a crash between the two says
 * it twice. May run twice at the same time.
 */
export async function watchBacklog(deps: WatchBacklogDeps): Promise<void> {
  const nowMs = deps.system.now();
  const [{ record, version }, minutes] = await Promise.all([
    deps.watchStore.load(),
    deps.watchStore.minutes(),
  ]);
  const looks = await Promise.all(
    queueNames.map(async (queue) => ({ queue, look: await deps.queues.look(queue, record?.marks[queue]) })),
  );
  const circuits = await deps.circuits.all();
  const [heldCounts, held, outbox] = await Promise.all([
    countsOfHeld(circuits, deps),
    oldestHeld(circuits, deps),
    oldestUnpublished(deps, nowMs),
  ]);
  const openCircuits = circuits
    .filter(({ state }) => state === "open")
    .map(({ id, sinceMs }): OpenCircuit => ({ key: id, sinceMs, held: heldCounts.get(id) ?? 0 }));
  const backlogs: Backlog[] = [
    ...looks.map(({ queue, look }) => ({
      consumer: queue,
      oldestSinceMs: earliest(look.oldestSinceMs, held.get(queue)),
      processedInTenMinutes: sumOf(minutes, handledOf(queue), nowMs - TEN_MINUTES_MS, nowMs),
    })),
    { consumer: "outbox", oldestSinceMs: outbox, processedInTenMinutes: 0 },
  ];
  const fromMs = record?.countedUntilMs ?? nowMs - TEN_MINUTES_MS;
  const untilMs = nowMs - COUNTS_ARE_IN_AFTER_MS;
  const { state, changes } = watch(record?.state ?? freshWatch, {
    nowMs,
    backlogs,
    deadLetters: looks.flatMap(({ queue, look }) => groupsOf(queue, look)),
    oldestDeadLetters: looks.flatMap(({ queue, look: { oldestDeadLetterMs: sinceMs } }) =>
      sinceMs === undefined ? [] : [{ queue, sinceMs }],
    ),
    openCircuits,
    attempts: {
      told: sumOf(minutes, deliveriesTold, nowMs - QUARTER_HOUR_MS, nowMs),
      attempts: sumOf(minutes, deliveryAttempts, nowMs - QUARTER_HOUR_MS, nowMs),
    },
    orders: {
      accepted: sumOf(minutes, ordersAccepted, fromMs, untilMs),
      failed: sumOf(minutes, ordersFailed, fromMs, untilMs),
    },
  });
  measure(deps.telemetry, {
    backlogs,
    looks,
    circuits,
    heldCounts,
    ringing: state.ringing,
    changes,
    nowMs,
  });
  for (const change of changes) await tell(deps, change);
  const marks = Object.fromEntries(looks.map(({ queue, look }) => [queue, look.mark]));
  const countedUntilMs = Math.max(fromMs, untilMs);
  await deps.watchStore.save(WatchRecord.parse({ state, marks, countedUntilMs }), version);
}

const earliest = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** Minutes that began within (fromMs, untilMs]. */
const sumOf = (minutes: readonly MinuteCounts[], name: string, fromMs: number, untilMs: number): number =>
  minutes
    .filter(({ minuteMs }) => minuteMs > fromMs && minuteMs <= untilMs)
    .reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);

function groupsOf(queue: QueueName, { newDeadLetters }: QueueLook): DeadLetterGroup[] {
  const groups = new Map<string, DeadLetterGroup>();
  for (const { reason, description } of newDeadLetters) {
    const fingerprint = fingerprintOf({ queue, reason, description });
    const added = (groups.get(fingerprint)?.added ?? 0) + 1;
    groups.set(fingerprint, { fingerprint, queue, reason, added });
  }
  return [...groups.values()];
}

/** By circuit, of those that are open and of those that have closed and still let go of what they held. */
async function countsOfHeld(
  circuits: readonly Circuit[],
  { ledger }: WatchBacklogDeps,
): Promise<ReadonlyMap<string, number>> {
  const holding = circuits.filter((circuit) => circuit.state === "open" || circuit.holding !== undefined);
  return new Map(await Promise.all(holding.map(async ({ id }) => [id, await ledger.countHeld(id)] as const)));
}

/** Held deliveries have no message in any queue; they wait all the same. By the queue that they will return to. */
async function oldestHeld(
  circuits: readonly Circuit[],
  { ledger, system }: WatchBacklogDeps,
): Promise<Map<string, number>> {
  const dueBefore = new Date(system.now() + 365 * 24 * 60 * MINUTE_MS).toISOString();
  const oldest = new Map<string, number>();
  for (const { id, holding } of circuits) {
    if (holding === undefined) continue;
    for (const { channel, createdAt, firstEnqueuedAt } of await ledger.held(id, { dueBefore, limit: 1 })) {
      const sinceMs = Date.parse(firstEnqueuedAt ?? createdAt);
      oldest.set(channel, earliest(oldest.get(channel), sinceMs) ?? sinceMs);
    }
  }
  return oldest;
}

/** Orders whose messages are not on any topic yet: Service Bus is down, or the sweep. */
async function oldestUnpublished({ orders }: WatchBacklogDeps, nowMs: number): Promise<number | undefined> {
  const pending = await orders.pending({ before: new Date(nowMs).toISOString() }, 1);
  const since = pending.orders[0]?.pendingSince;
  return since === undefined ? undefined : Date.parse(since);
}

interface Seen {
  readonly backlogs: readonly Backlog[];
  readonly looks: readonly { readonly queue: QueueName; readonly look: QueueLook }[];
  readonly circuits: readonly Circuit[];
  readonly heldCounts: ReadonlyMap<string, number>;
  readonly ringing: readonly RingingAlarm[];
  readonly changes: readonly AlarmChange[];
  readonly nowMs: number;
}

function measure(telemetry: Telemetry, seen: Seen): void {
  const { backlogs, looks, circuits, heldCounts, nowMs } = seen;
  for (const backlog of backlogs) {
    const { consumer, processedInTenMinutes } = backlog;
    telemetry.record("backlog.oldest_age", ageOf(backlog, nowMs) / 1000, { consumer });
    telemetry.record("backlog.processed", processedInTenMinutes, { consumer });
  }
  for (const { queue, look } of looks) telemetry.record("backlog.waiting", look.waiting, { consumer: queue });
  for (const { id, state } of circuits) {
    telemetry.record("circuit.open", state === "open" ? 1 : 0, { circuit: id });
    telemetry.record("deliveries.held", heldCounts.get(id) ?? 0, { circuit: id });
  }
  measureAlarms(telemetry, seen);
}

/** Silence is told too: a level stays what it was last, and a rule over it would never be over. */
function measureAlarms(telemetry: Telemetry, { ringing, changes }: Seen): void {
  const record = (level: number, kind: AlarmKind, subject: string): void =>
    telemetry.record("alarm.ringing", level, { kind, subject });
  for (const { change, alarm } of changes) if (change === "over") record(0, alarm.kind, alarm.subject);
  for (const { kind, subject, loudness } of ringing) record(loudness === "page" ? 2 : 1, kind, subject);
  const loud = new Set(ringing.map(({ kind }) => kind));
  for (const kind of alarmKinds) if (!loud.has(kind)) record(0, kind, "none");
}

async function tell(
  { log, chat, runbookUrl }: WatchBacklogDeps,
  { change, alarm }: AlarmChange,
): Promise<void> {
  const { kind, subject, loudness, text } = alarm;
  const runbook = `${runbookUrl}#${kind}`;
  log.warn(`alarm.${change}`, { kind, subject, loudness, text, runbook });
  const words =
    change === "over" ? `Over: ${kind} of ${subject}` : `${loudness.toUpperCase()}: ${text}. ${runbook}`;
  try {
    await chat?.say(words);
  } catch (error) {
    log.error("alarm.chat-failed", { kind, subject, error: String(error) });
  }
}
