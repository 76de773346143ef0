import type { BrokerError } from "../errors.ts";
import type { Lock } from "./locks.ts";

/** Whoever takes messages from a queue: a receiver link. */
export interface Consumer {
  /** receiveAndDelete: the message is gone when it is sent, there is nothing to settle. */
  readonly deletes: boolean;
  /** How many messages it can take right now. */
  room(): number;
  /** A message is on its way and takes one place of the room until it is delivered. */
  reserve(): void;
  /** The message will not come after all. */
  unreserve(): void;
  /** `lock` is absent for a consumer that deletes. */
  deliver(encoded: Buffer, lock: Lock | undefined): void;
  /** Ends the link; without a reason because the entity is gone. */
  evict(reason?: BrokerError): void;
}

/** The consumers of one queue, served in turn. */
export class Consumers {
  readonly #all: Consumer[] = [];
  #turn = 0;

  add(consumer: Consumer): void {
    this.#all.push(consumer);
  }

  remove(consumer: Consumer): void {
    const at = this.#all.indexOf(consumer);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** The next one in turn that has room. */
  next(): Consumer | undefined {
    for (let tries = this.#all.length; tries > 0; tries--) {
      this.#turn = (this.#turn + 1) % this.#all.length;
      const consumer = this.#all[this.#turn];
      if (consumer !== undefined && consumer.room() > 0) return consumer;
    }
    return undefined;
  }

  get size(): number {
    return this.#all.length;
  }

  evictAll(reason?: BrokerError): void {
    for (const consumer of this.#all.splice(0)) consumer.evict(reason);
  }
}
