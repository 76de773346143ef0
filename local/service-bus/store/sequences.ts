import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SEQUENCE_BLOCK } from "../limits.ts";
import { query } from "./schema.ts";

interface Counter {
  next: number;
  reserved: number;
}

/**
 * Sequence numbers per queue. They are reserved on disk in blocks, in the transaction of the first message
 * that needs one, so none is ever given twice; a crash leaves a gap of at most one block.
 */
export class Sequences {
  readonly #counters = new Map<number, Counter>();
  readonly #reserve: StatementSync;

  constructor(db: DatabaseSync) {
    this.#reserve = db.prepare(
      "INSERT INTO sequence (queue, reserved) VALUES (?, ?) ON CONFLICT DO UPDATE SET reserved = excluded.reserved",
    );
    for (const row of query<{ queue: number; reserved: number }>(db, "SELECT * FROM sequence").all()) {
      this.#counters.set(row.queue, { next: row.reserved, reserved: row.reserved });
    }
  }

  /** Call inside a write. */
  next(queue: number): number {
    let counter = this.#counters.get(queue);
    if (counter === undefined) {
      counter = { next: 1, reserved: 1 };
      this.#counters.set(queue, counter);
    }
    if (counter.next >= counter.reserved) {
      this.#reserve.run(queue, counter.next + SEQUENCE_BLOCK);
      counter.reserved = counter.next + SEQUENCE_BLOCK;
    }
    return counter.next++;
  }

  /** After something written was undone: no reservation in memory can be trusted. */
  distrust(): void {
    for (const counter of this.#counters.values()) counter.reserved = counter.next;
  }

  /** On an orderly stop: gives back what was reserved and not used, so that numbers go on without a gap. */
  giveBackUnused(): void {
    for (const [queue, counter] of this.#counters) {
      if (counter.reserved !== counter.next) this.#reserve.run(queue, counter.next);
    }
  }
}
