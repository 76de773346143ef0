import type { Circuit } from "#shared/contracts/circuit.ts";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { gate } from "#shared/domain/circuit.ts";
import { nextRelease, noteEmpty, usingOnly } from "#shared/domain/release.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import { dueMessage } from "./due-message.ts";
import { HELD_BY_ORDER } from "./hold.ts";
import { isOpen } from "./in-turn.ts";

export interface ReleaseHeldDeps {
  readonly circuits: Circuits;
  readonly ledger: DeliveryLedger;
  readonly bus: Bus;
  readonly system: System;
  readonly log: Log;
  /** Calls per second that partners take, by circuit; the others have no limit. */
  readonly ratesPerSecond: Readonly<Record<string, number>>;
}

/** A released delivery whose message has not arrived so long after its time: it was never sent, and is found again. */
const LOST_AFTER_MS = 2 * 60_000;
/** Among so many of the oldest the next probe is chosen. */
const PROBE_CANDIDATES = 20;
const MOST_AT_ONCE = 2_000;
/** How fast those go out whose budget has ended while nobody may be called: each gets its last try. */
const LAST_TRY_EVERY_MS = 1_000;

interface Turn {
  readonly delivery: Delivery;
  readonly atMs: number;
}

/**
 * Sends held deliveries on, the oldest first: one to probe where a circuit is open and it is time, as many as the rate
 * allows where it has closed. First the ledger says that a message is on its way, then the message is sent, with an
 * id of its own making: a crash between the two leaves a delivery that is found again some time later. Two that run
 * at the same time share the rate. Answers how many were released.
 */
export async function releaseHeld(deps: ReleaseHeldDeps): Promise<number> {
  const failures: unknown[] = [];
  let released = await releaseInTurn(deps);
  for (const circuit of await deps.circuits.all()) {
    if (circuit.holding === undefined) continue;
    try {
      released += await releaseFor(deps, circuit);
    } catch (error) {
      // One partner's trouble must not keep the others' deliveries.
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, String(failures[0]));
  return released;
}

async function releaseFor(deps: ReleaseHeldDeps, circuit: Circuit): Promise<number> {
  const { id } = circuit;
  const nowMs = deps.system.now();
  const turns =
    circuit.state === "open"
      ? await lastTriesAndProbe(deps, circuit, nowMs)
      : await paced(deps, circuit, nowMs);
  if (turns.length > 0) return await release(deps, turns);
  if ((await deps.ledger.countHeld(id)) === 0) {
    await deps.circuits.change(id, (now) => noteEmpty(now, nowMs));
  }
  return 0;
}

const waiting = (deps: ReleaseHeldDeps, circuit: string, nowMs: number, limit: number): Promise<Delivery[]> =>
  deps.ledger.held(circuit, { dueBefore: new Date(nowMs - LOST_AFTER_MS).toISOString(), limit });

/** The one with the fewest attempts among the oldest: a delivery that is itself the trouble must not keep it open. */
async function lastTriesAndProbe(deps: ReleaseHeldDeps, circuit: Circuit, nowMs: number): Promise<Turn[]> {
  const oldest = await waiting(deps, circuit.id, nowMs, PROBE_CANDIDATES);
  const [late, others] = [oldest.filter(isLate), oldest.filter((delivery) => !isLate(delivery))];
  const turns = late.map((delivery, position) => ({ delivery, atMs: nowMs + position * LAST_TRY_EVERY_MS }));
  if (gate(circuit, nowMs, { released: true }).kind !== "probe") return turns;
  const [probe] = others.toSorted((one, other) => one.attempts - other.attempts);
  return probe === undefined ? turns : [...turns, { delivery: probe, atMs: nowMs }];

  function isLate({ createdAt, firstEnqueuedAt = createdAt, channel }: Delivery): boolean {
    return Date.parse(firstEnqueuedAt) + budgetsMs[channel] <= nowMs;
  }
}

async function paced(deps: ReleaseHeldDeps, circuit: Circuit, nowMs: number): Promise<Turn[]> {
  const { id } = circuit;
  const limit = deps.ratesPerSecond[id];
  const planned = nextRelease(circuit, nowMs, limit);
  if (planned === undefined) return [];
  const candidates = await waiting(deps, id, nowMs, Math.min(planned.count, MOST_AT_ONCE));
  if (candidates.length === 0) return [];
  // Taken before anything is sent: whoever else releases at this moment finds the time used up.
  const { changed, circuit: now } = await deps.circuits.change(id, (current) => {
    const next = nextRelease(current, nowMs, limit);
    if (next === undefined || next.count < planned.count) return undefined;
    return usingOnly(next, candidates.length);
  });
  if (!changed) return [];
  deps.log.info("release.paced", {
    circuit: id,
    count: candidates.length,
    perSecond: now.release?.perSecond,
  });
  return candidates.map((delivery, position) => ({
    delivery,
    atMs: Math.ceil(planned.fromMs + position * planned.paceMs),
  }));
}

/** Notices that waited for the one before them, which has come to rest; or for so long that they may not wait any more. */
async function releaseInTurn(deps: ReleaseHeldDeps): Promise<number> {
  const nowMs = deps.system.now();
  const held = await waiting(deps, HELD_BY_ORDER, nowMs, MOST_AT_ONCE);
  const turns = await Promise.all(
    held.map(async (delivery): Promise<Turn[]> => {
      const { orderId, after, createdAt, firstEnqueuedAt = createdAt, channel } = delivery;
      const before = after === undefined ? undefined : await deps.ledger.get(orderId, after);
      const isLate = Date.parse(firstEnqueuedAt) + budgetsMs[channel] <= nowMs;
      return before !== undefined && isOpen(before) && !isLate ? [] : [{ delivery, atMs: nowMs }];
    }),
  );
  return await release(deps, turns.flat());
}

async function release(deps: ReleaseHeldDeps, turns: readonly Turn[]): Promise<number> {
  const updatedAt = new Date(deps.system.now()).toISOString();
  const byChannel = new Map<Delivery["channel"], Delivery[]>();
  const dueMs = new Map<string, number>();
  await Promise.all(
    turns.map(async ({ delivery, atMs }) => {
      const released = await deps.ledger.change(
        delivery,
        { nextAttemptAt: new Date(atMs).toISOString(), updatedAt },
        { state: ["held"], hop: delivery.hop },
      );
      // Superseded, or on its way already.
      if (released === undefined) return;
      dueMs.set(released.id, atMs);
      byChannel.set(released.channel, [...(byChannel.get(released.channel) ?? []), released]);
    }),
  );
  await Promise.all(
    [...byChannel].map(async ([queue, deliveries]) => {
      const messages = deliveries.map((delivery) =>
        dueMessage(delivery, delivery.hop + 1, dueMs.get(delivery.id)),
      );
      try {
        await deps.bus.send(queue, messages);
      } catch (error) {
        await Promise.allSettled(deliveries.map((delivery) => holdOn(deps, delivery)));
        throw error;
      }
    }),
  );
  return dueMs.size;
}

/** Its message could not be sent: the next run may release it at once. Should the message have arrived, another is a repeat. */
const holdOn = ({ ledger }: ReleaseHeldDeps, delivery: Delivery): Promise<Delivery | undefined> =>
  ledger.change(
    delivery,
    { nextAttemptAt: undefined, updatedAt: delivery.updatedAt },
    { state: ["held"], hop: delivery.hop },
  );
