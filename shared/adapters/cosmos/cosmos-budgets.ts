import type { Container } from "@azure/cosmos";
import type { Budgets } from "#shared/ports/budgets.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { status } from "./cosmos-faults.ts";

const SECOND = 1000;
/** Long after anybody may ask for that second. */
const FORGET_AFTER_S = 120;
/** Calls are taken from the shared budget in tenths of it, so that a second costs an instance a few writes. */
const PART_OF_BUDGET = 0.1;

export interface Pace {
  now(): number;
  pause(ms: number): Promise<void>;
}

/**
 * Calls per second in Cosmos DB: one document for each circuit and second of the clock, counted up under a condition and
 * gone soon after. What an instance has taken and not used when the second is over is lost, never used later.
 */
export function createCosmosBudgets(container: Container, pace: Pace): Budgets {
  const writer = new BulkWriter(container, { returnBodies: false });
  const purses = new Map<string, Purse>();
  return {
    take(key, perSecond) {
      const purse = purses.get(key) ?? new Purse(writer, pace, key);
      purses.set(key, purse);
      return purse.take(perSecond);
    },
  };
}

/** What this instance has of one circuit's budget. */
class Purse {
  readonly #writer: BulkWriter;
  readonly #pace: Pace;
  readonly #key: string;
  #second = 0;
  #left = 0;
  #usedUp = false;
  /** Callers take one after another, so that each finds what the one before has left. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(writer: BulkWriter, pace: Pace, key: string) {
    this.#writer = writer;
    this.#pace = pace;
    this.#key = key;
  }

  async take(perSecond: number): ReturnType<Budgets["take"]> {
    if (await this.#inTurn(() => this.#takeNow(perSecond))) return { ok: true };
    await this.#pace.pause(this.#nextSecondMs() - this.#pace.now());
    if (await this.#inTurn(() => this.#takeNow(perSecond))) return { ok: true };
    return { ok: false, retryAtMs: this.#nextSecondMs() };
  }

  #nextSecondMs(): number {
    return (Math.floor(this.#pace.now() / SECOND) + 1) * SECOND;
  }

  async #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    const turn = this.#before.then(work, work);
    this.#before = turn.catch(() => undefined);
    return await turn;
  }

  async #takeNow(perSecond: number): Promise<boolean> {
    const second = Math.floor(this.#pace.now() / SECOND);
    if (second !== this.#second) [this.#second, this.#left, this.#usedUp] = [second, 0, false];
    if (this.#left === 0 && !this.#usedUp) {
      const part = Math.max(1, Math.floor(perSecond * PART_OF_BUDGET));
      const got =
        (await this.#reserve(second, part, perSecond)) || (await this.#reserve(second, 1, perSecond));
      // The answer may come so late that its second is over.
      if (Math.floor(this.#pace.now() / SECOND) !== second) return false;
      this.#left = got;
      this.#usedUp = got === 0;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  /** All of them or none: answers how many. */
  async #reserve(second: number, count: number, perSecond: number): Promise<number> {
    const id = `${this.#key}:${second}`;
    const patched = await this.#writer.write({
      operationType: "Patch",
      id,
      partitionKey: id,
      resourceBody: {
        condition: `from c where c.taken <= ${perSecond - count}`,
        operations: [{ op: "incr", path: "/taken", value: count }],
      },
    });
    if (patched.statusCode < 300) return count;
    if (patched.statusCode !== status.notFound) return 0;
    const created = await this.#writer.write({
      operationType: "Create",
      partitionKey: id,
      resourceBody: { id, taken: count, ttl: FORGET_AFTER_S },
    });
    if (created.statusCode < 300) return count;
    return created.statusCode === status.conflict ? await this.#reserve(second, count, perSecond) : 0;
  }
}
