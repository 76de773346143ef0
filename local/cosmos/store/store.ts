import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../clock/clock.ts";
import { GroupCommit, type Durability } from "../../sqlite/group-commit.ts";
import { Refusal } from "../refusal.ts";
import { Catalog, type Stamp } from "./catalog.ts";
import { Numbers } from "./numbers.ts";
import { StatementPool } from "./statement-pool.ts";

const SECOND = 1000;
const CACHE_KIB = 64 * 1024;

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

  constructor(dataFolder: string, durability: Durability, clock: Clock) {
    const path = join(dataFolder, "cosmos.db");
    this.#clock = clock;
    this.#commit = new GroupCommit({ path, durability });
    this.db = this.#commit.db;
    this.db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    this.numbers = new Numbers(this.db);
    this.catalog = new Catalog(this.db);
    this.#reader = new DatabaseSync(path, { readOnly: true });
    this.#reader.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY`);
    this.readers = new StatementPool(this.#reader);
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
    if (this.numbers.low) {
      // Separate, so that a refused request does not take the reservation back with it.
      this.#commit.write(() => this.numbers.refill()).catch(() => this.numbers.refillFailed());
    }
    return this.#commit.write(work);
  }

  /** Like `write`, for changes of the catalogue. */
  async change<T>(work: () => T): Promise<T> {
    try {
      return await this.write(work);
    } catch (error) {
      if (!(error instanceof Refusal)) this.catalog.load();
      throw error;
    }
  }

  /** Resolves when everything a reader of the writing connection may have seen is durable. */
  settled(): Promise<void> {
    return this.#commit.settled();
  }

  close(): void {
    this.#reader.close();
    this.#commit.close();
  }
}
