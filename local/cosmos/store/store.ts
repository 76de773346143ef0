import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import { GroupCommit, type Durability } from "../../sqlite/group-commit.ts";
import { effectiveKey } from "../partition/effective-key.ts";
import { parseKey } from "../partition/key.ts";
import { Refusal } from "../refusal.ts";
import { Chores } from "./chores.ts";
import type { Container } from "./container.ts";
import type { IndexField } from "./index-paths.ts";
import { Catalog, type Stamp } from "./catalog.ts";
import { Numbers } from "./numbers.ts";
import { StatementPool } from "./statement-pool.ts";
import { WriteTurns } from "./write-turns.ts";

const SECOND = 1000;
const CACHE_KIB = 40 * 1024;

/** Does a partition key, as text, lie in a part of the space of effective keys? For SQL. */
function liesWithin(kind: string, pk: string, from: string, below: string): boolean {
  const keyKind = kind === "v1" || kind === "v2" ? kind : "hierarchical";
  const place = effectiveKey(keyKind, parseKey(pk));
  return place >= from && place < below;
}

/**
 * The files of the endpoint. Writes go through one connection and share commits; queries and feeds read through
 * a second one, which sees only what is committed and may stay in the middle of a scan while writes go on.
 */
export class Store {
  readonly catalog: Catalog;
  readonly numbers: Numbers;
  /** Statements on the reading connection. */
  readonly readers: StatementPool;
  readonly db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #reader: DatabaseSync;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #chores: Chores;
  readonly #turns: WriteTurns;
  #changes = 0;

  constructor(dataFolder: string, durability: Durability, clock: Clock, log: Log = () => undefined) {
    const path = join(dataFolder, "cosmos.db");
    this.#clock = clock;
    this.#log = log;
    this.#commit = new GroupCommit({ path, durability });
    this.db = this.#commit.db;
    this.db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.numbers = new Numbers(this.db);
    this.#turns = new WriteTurns((work, wayBack) =>
      wayBack ? this.write(work) : this.#writeOrUndoAll(work),
    );
    this.#chores = new Chores((step) => this.write(step), log);
    this.catalog = new Catalog(this.db, this.#chores);
    this.#reader = new DatabaseSync(path, { readOnly: true });
    this.#reader.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`);
    this.#reader.function("lies_within", { deterministic: true }, (kind, pk, from, below) =>
      liesWithin(String(kind), String(pk), String(from), String(below)) ? 1 : 0,
    );
    this.readers = new StatementPool(this.#reader);
    this.catalog.resume();
  }

  nowMs(): number {
    return this.#clock.now();
  }

  nowSeconds(): number {
    return Math.floor(this.#clock.now() / SECOND);
  }

  stamp(): Stamp {
    return { version: this.numbers.take(), ts: this.nowSeconds() };
  }

  /** Runs `work` in the open transaction; resolves when it is durable. A throw undoes all of `work`. */
  write<T>(work: () => T): Promise<T> {
    this.#reserveNumbers();
    return this.#commit.write(work);
  }

  #reserveNumbers(): void {
    if (!this.numbers.low) return;
    // Separate, so that a refused request does not take the reservation back with it.
    this.#commit.write(() => this.numbers.refill()).catch(() => this.numbers.refillFailed());
  }

  /**
   * Like `write`, for work that may be done again. Works that arrive together are done together, so that no way back is kept
   * (or one for all, if `wayBack` says that a work may throw after it has changed something). If one is needed after all,
   * each does its work again, alone. A `Refusal` has changed nothing and reaches its caller alone.
   */
  async writeItem<T>(work: () => T, wayBack = false): Promise<T> {
    let outcome: { readonly value: T } | Refusal | undefined;
    const attempt = (): void => {
      try {
        outcome = { value: work() };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        outcome = error;
      }
    };
    const done = await this.#turns.add(attempt, wayBack);
    if (!done || outcome === undefined) return this.write(work);
    if (outcome instanceof Refusal) throw outcome;
    return outcome.value;
  }

  async #writeOrUndoAll(work: () => void): Promise<void> {
    this.#reserveNumbers();
    try {
      await this.#commit.writeOrUndoAll(work);
    } catch (error) {
      // A step of a chore or a change of the catalogue may have been in the same transaction.
      this.#log("cosmos.transaction-undone", { error: String(error) });
      this.#reloadCatalog();
      throw error;
    }
  }

  /** Like `write`, for changes of the catalogue. */
  async change<T>(work: () => T): Promise<T> {
    this.#changes++;
    try {
      return await this.write(work);
    } catch (error) {
      if (!(error instanceof Refusal)) this.#reloadCatalog();
      throw error;
    } finally {
      this.#changes--;
    }
  }

  /** Undefined when all the catalogue shows is on disk, where queries and feeds read; else resolves when it is. */
  changesSettled(): Promise<void> | undefined {
    return this.#changes === 0 ? undefined : this.settled();
  }

  #reloadCatalog(): void {
    this.catalog.load();
    this.catalog.resume();
  }

  /** Resolves when everything a reader of the writing connection may have seen is durable. */
  settled(): Promise<void> {
    return this.#commit.settled();
  }

  /** A query had to look at too much: next time there is an index for it. */
  wish(container: Container, fields: readonly IndexField[]): void {
    this.change(() => this.catalog.addLazyIndex(container, fields)).catch((error: unknown) =>
      this.#log("cosmos.index-failed", { error: String(error) }),
    );
  }

  /** Lets the work in the background come to an end; to be called before `close`. */
  settleChores(): Promise<void> {
    return this.#chores.stop();
  }

  close(): void {
    this.#reader.close();
    this.#commit.close();
  }
}
