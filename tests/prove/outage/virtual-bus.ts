import { type QueueName, queueNames, topology, type TopicName } from "#shared/contracts/topology.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Hands one message to a function; a rejection gives the message back. */
export type Receiver = (queue: QueueName, message: Received) => Promise<void>;

export interface Received extends OutgoingMessage {
  readonly deliveryCount: number;
  readonly enqueuedAtMs: number;
}

/** Of the topology; the same for every queue. */
const MAX_DELIVERY_COUNT = topology.queues[0]?.maxDeliveryCount ?? 0;
const REMEMBER_DUPLICATES_FOR_MS = 30 * 60_000;

/**
 * Service Bus as far as waiting and retrying are concerned: schedules, peek-lock with a delivery count, dead letters and
 * duplicate detection, with so many calls at a time over all instances. Locks are renewed while a handler runs and no
 * handler dies here, so they never run out; topics are not needed.
 */
export class VirtualBus implements Bus {
  readonly #time: VirtualTime;
  readonly #callsAtOnce: number;
  readonly #receiver: Receiver;
  readonly #ready = new Map<QueueName, Received[]>(queueNames.map((name) => [name, []]));
  readonly #running = new Map<QueueName, number>(queueNames.map((name) => [name, 0]));
  readonly #seenAtMs = new Map<string, number>();
  deadLettered = 0;
  /** Ready, scheduled or locked. */
  waiting = 0;

  constructor(time: VirtualTime, callsAtOnce: number, receiver: Receiver) {
    this.#time = time;
    this.#callsAtOnce = callsAtOnce;
    this.#receiver = receiver;
  }

  send(target: TopicName | QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const queue = queueNames.find((name) => name === target);
    if (queue === undefined) return Promise.reject(new Error(`There is no queue ${target} here`));
    for (const message of messages) {
      if (!this.#isNew(`${target}\n${message.messageId}`)) continue;
      this.waiting++;
      const enqueuedAtMs = Math.max(message.notBeforeMs ?? 0, this.#time.now());
      this.#time.at(enqueuedAtMs, () => this.#enqueue(queue, { ...message, deliveryCount: 1, enqueuedAtMs }));
    }
    return Promise.resolve();
  }

  #isNew(name: string): boolean {
    const nowMs = this.#time.now();
    const seenAtMs = this.#seenAtMs.get(name);
    if (seenAtMs !== undefined && nowMs - seenAtMs < REMEMBER_DUPLICATES_FOR_MS) return false;
    this.#seenAtMs.delete(name);
    this.#seenAtMs.set(name, nowMs);
    // The oldest come first in a map, so forgetting ends at the first one that is young enough.
    for (const [old, atMs] of this.#seenAtMs) {
      if (nowMs - atMs < REMEMBER_DUPLICATES_FOR_MS) break;
      this.#seenAtMs.delete(old);
    }
    return true;
  }

  #enqueue(queue: QueueName, message: Received): void {
    this.#ready.get(queue)?.push(message);
    this.#hand(queue);
  }

  #hand(queue: QueueName): void {
    const ready = this.#ready.get(queue) ?? [];
    while ((this.#running.get(queue) ?? 0) < this.#callsAtOnce) {
      const message = ready.shift();
      if (message === undefined) return;
      this.#running.set(queue, (this.#running.get(queue) ?? 0) + 1);
      void this.#deliver(queue, message);
    }
  }

  async #deliver(queue: QueueName, message: Received): Promise<void> {
    let completed = true;
    try {
      await this.#receiver(queue, message);
    } catch {
      completed = false;
    }
    this.#running.set(queue, (this.#running.get(queue) ?? 0) - 1);
    if (completed) this.waiting--;
    else if (message.deliveryCount < MAX_DELIVERY_COUNT) {
      this.#ready.get(queue)?.unshift({ ...message, deliveryCount: message.deliveryCount + 1 });
    } else {
      this.waiting--;
      this.deadLettered++;
    }
    this.#hand(queue);
  }
}
