import { orderEvent } from "#shared/contracts/messages.ts";
import type { QueueName } from "#shared/contracts/topology.ts";
import { deliveryIdFor, operationIdFor } from "#shared/domain/ids.ts";
import { heapInUse } from "../support/heap.ts";
import { anyOrder, instanceMaker } from "./instances.ts";
import { Provider } from "./provider.ts";
import { type Received, VirtualBus } from "./virtual-bus.ts";
import { VirtualTime } from "./virtual-time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of host.json, for each function and instance. */
const CALLS_AT_ONCE = 16;

export interface Outage {
  readonly notifications: number;
  /** They come evenly over this time. */
  readonly overMs: number;
  readonly downFromMs: number;
  readonly downUntilMs: number;
  readonly perSecondAfterwards: number;
  readonly instances: number;
}

export const FOUR_HOURS: Outage = {
  notifications: 100_000,
  overMs: 6 * HOUR,
  downFromMs: HOUR,
  downUntilMs: 5 * HOUR,
  perSecondAfterwards: 60,
  instances: 10,
};

export interface Course {
  readonly callsDuringOutage: number;
  readonly refusedByRate: number;
  readonly peakPerSecond: number;
  readonly delivered: number;
  readonly sentTwice: number;
  readonly deadLettered: number;
  readonly stillWaiting: number;
  /** From the end of the outage until the last of what came before it had been delivered, in minutes; NaN if it never was. */
  readonly drainedAfterMinutes: number;
  /** What all instances together keep in memory, before the outage and at its end, in bytes. */
  readonly keptBefore: number;
  readonly keptAtItsEnd: number;
}

/** What handles a message: the app's functions, or what it is compared with. */
export type Handler = (world: World, queue: QueueName, message: Received, instance: object) => Promise<void>;

export interface Driver {
  /** Handles one message on one of the instances; a rejection gives the message back. */
  readonly handle: Handler;
  /** Starts what else runs by the clock, on whichever instance. */
  readonly startTimers: (time: VirtualTime, anInstance: () => object) => void;
}

export interface World {
  readonly time: VirtualTime;
  readonly bus: VirtualBus;
  readonly provider: Provider;
}

const START_MS = Date.UTC(2026, 0, 1);
const EVENT = "order.confirmed.v1";
const nameOf = (number: number): string => `ord_${String(number).padStart(26, "0")}`;
const operationOf = (orderId: string): string => operationIdFor(deliveryIdFor(orderId, EVENT, "customer"));
export const operationOfMessage = ({ correlationId }: Received): string => operationOf(correlationId);

/** Plays the outage in virtual time, until a day after it began or until nothing waits any more. */
export async function simulate(outage: Outage, driver: Driver): Promise<Course> {
  const time = new VirtualTime(START_MS);
  const provider = new Provider(time, {
    downFromMs: START_MS + outage.downFromMs,
    downUntilMs: START_MS + outage.downUntilMs,
    perSecond: outage.perSecondAfterwards,
  });
  let next = 0;
  const instances: object[] = [];
  const bus = new VirtualBus(time, CALLS_AT_ONCE * outage.instances, async (queue, message) => {
    await driver.handle(world, queue, message, instances[next++ % instances.length] ?? {});
  });
  const world: World = { time, bus, provider };
  const makeInstance = instanceMaker(world);
  const replaceInstances = (): void => {
    instances.splice(0, instances.length, ...Array.from({ length: outage.instances }, makeInstance));
  };
  /** What they keep is what is gone when they are. */
  const kept = (): number => {
    const before = heapInUse();
    replaceInstances();
    return before - heapInUse();
  };
  replaceInstances();
  driver.startTimers(time, () => instances[next++ % instances.length] ?? {});
  feed(outage, world);

  await time.runUntil(START_MS + outage.downFromMs - 1);
  const keptBefore = kept();
  await time.runUntil(START_MS + outage.downUntilMs - 1);
  const keptAtItsEnd = kept();
  await time.runUntil(START_MS + outage.overMs + 4 * HOUR);
  return { ...courseOf(outage, world), keptBefore, keptAtItsEnd };
}

function courseOf(outage: Outage, { provider, bus }: World): Omit<Course, "keptBefore" | "keptAtItsEnd"> {
  const backAtMs = START_MS + outage.downUntilMs;
  const gapMs = outage.overMs / outage.notifications;
  const before = Math.floor(outage.downUntilMs / gapMs);
  const times = Array.from({ length: before }, (_, number) => provider.sent.get(operationOf(nameOf(number))));
  const lastMs = times.reduce<number>((last, atMs) => Math.max(last, atMs ?? NaN), backAtMs);
  return {
    callsDuringOutage: provider.callsDuringOutage,
    refusedByRate: provider.refusedByRate,
    peakPerSecond: provider.peakPerSecond,
    delivered: provider.sent.size,
    sentTwice: provider.sentTwice,
    deadLettered: bus.deadLettered,
    stillWaiting: bus.waiting,
    drainedAfterMinutes: (lastMs - backAtMs) / MINUTE,
  };
}

/** Evenly, one after the other; the queue is told of the next only when its time has come. */
function feed({ notifications, overMs }: Outage, { time, bus }: World): void {
  const gapMs = overMs / notifications;
  const arrive = (number: number): void => {
    const order = anyOrder(nameOf(number), new Date(time.now()).toISOString());
    const entry = { topic: "notifications", type: EVENT, at: order.updatedAt } as const;
    const message = {
      messageId: `${order.id}.v2-notifications`,
      subject: EVENT,
      correlationId: order.id,
      body: orderEvent(order, "v2-notifications", entry),
    };
    void bus.send("customer-email", [message]);
    if (number + 1 < notifications) time.at(START_MS + (number + 1) * gapMs, () => arrive(number + 1));
  };
  time.at(START_MS, () => arrive(0));
}
