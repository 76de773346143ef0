import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/**
 * - `strict`: fsync before every acknowledgement; survives power loss.
 * - `relaxed`: the operating system flushes when it likes; survives the death of the process, not of the machine.
 */
export type Durability = "strict" | "relaxed";

export interface GroupCommitOptions {
  /** A file path, or ":memory:". Missing folders are created. */
  readonly path: string;
  readonly durability: Durability;
}

/** What `work` returned, and the promise of its transaction. */
type Written<T> = readonly [result: T, durable: Promise<void>];

/**
 * Turns of the event loop for which a transaction stays open while each brings more writes. Concurrent requests
 * arrive in several packets; a commit costs more than a turn, and this gathers twice as many writes into one.
 */
const MOST_TURNS = 3;
/** A transaction of so many writes is worth its commit, and who waits for it should go on meanwhile. */
const ENOUGH_WRITES = 64;

/**
 * One SQLite connection whose writes share transactions: what is written in one turn of the event loop and in
 * the busy turns right behind it is committed together, and nothing is acknowledged before that commit. One
 * fsync then serves every request that arrived meanwhile.
 */
export class GroupCommit {
  readonly db: DatabaseSync;
  readonly #sql: Readonly<
    Record<"begin" | "commit" | "rollback" | "savepoint" | "release" | "undo", StatementSync>
  >;
  #open: PromiseWithResolvers<void> | undefined;
  /** Writes of the open transaction. */
  #writes = 0;

  constructor(options: GroupCommitOptions) {
    if (options.path !== ":memory:") mkdirSync(dirname(options.path), { recursive: true });
    this.db = new DatabaseSync(options.path);
    this.db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${options.durability === "strict" ? "FULL" : "NORMAL"};
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA temp_store = MEMORY;
      PRAGMA foreign_keys = ON;
    `);
    this.#sql = {
      begin: this.db.prepare("BEGIN IMMEDIATE"),
      commit: this.db.prepare("COMMIT"),
      rollback: this.db.prepare("ROLLBACK"),
      savepoint: this.db.prepare("SAVEPOINT one_write"),
      release: this.db.prepare("RELEASE one_write"),
      undo: this.db.prepare("ROLLBACK TO one_write"),
    };
  }

  /**
   * Runs `work` at once, inside the open transaction, and resolves with its result when that transaction is
   * on disk. If `work` throws, its own writes are undone, the neighbours' stay, and the promise rejects.
   */
  async write<T>(work: () => T): Promise<T> {
    const [result, durable] = this.run(work);
    await durable;
    return result;
  }

  /**
   * `write` for callers that keep their own list of what to do after the commit: the result at once, and the
   * promise which all writes of the same transaction share. Throws what `work` throws, with its writes undone.
   * @param weight how many writes it is worth, when it is a batch
   */
  run<T>(work: () => T, weight = 1): Written<T> {
    const durable = this.#join(weight);
    this.#sql.savepoint.run();
    let result;
    try {
      result = work();
    } catch (error) {
      this.#wayBack(error);
      throw error;
    }
    this.#sql.release.run();
    return [result, durable];
  }

  /**
   * `run` without a way back of its own, which would cost two statements and a copy of every page it changes. If `work`
   * throws, all that the transaction holds is undone, its neighbours' writes too, and everyone who waits for it gets the
   * error: for work that only a failing disk can stop.
   */
  runOrUndoAll<T>(work: () => T, weight = 1): Written<T> {
    const durable = this.#join(weight);
    try {
      return [work(), durable];
    } catch (error) {
      this.#undo(error);
      throw error;
    }
  }

  /** `runOrUndoAll` as a promise. */
  async writeOrUndoAll(work: () => void): Promise<void> {
    const [, durable] = this.runOrUndoAll(work);
    await durable;
  }

  /** Resolves when everything written so far is on disk: what a reader may be told. */
  async settled(): Promise<void> {
    await this.#open?.promise;
  }

  /** Commits what is open and closes the file. */
  close(): void {
    this.#commit();
    this.db.close();
  }

  #join(weight: number): Promise<void> {
    if (this.#open === undefined) {
      this.#sql.begin.run();
      this.#open = Promise.withResolvers<void>();
      // The waiters carry the rejection; without any waiter it must not end the process.
      this.#open.promise.catch(() => undefined);
      this.#writes = 0;
      this.#commitWhenQuiet(this.#open, MOST_TURNS);
    }
    this.#writes += weight;
    return this.#open.promise;
  }

  /** Commits behind the first turn without a further write, or the last one allowed, or when it holds enough. */
  #commitWhenQuiet(group: PromiseWithResolvers<void>, turnsLeft: number): void {
    const before = this.#writes;
    setImmediate(() => {
      if (this.#open !== group) return;
      const waits = turnsLeft > 1 && this.#writes > before && this.#writes < ENOUGH_WRITES;
      if (waits) this.#commitWhenQuiet(group, turnsLeft - 1);
      else this.#commit();
    });
  }

  #commit(): void {
    const group = this.#open;
    if (group === undefined) return;
    this.#open = undefined;
    try {
      this.#sql.commit.run();
      group.resolve();
    } catch (error) {
      this.#fail(group, error);
    }
  }

  /** A full or failing disk has made SQLite undo the whole transaction already: then its neighbours failed too. */
  #wayBack(error: unknown): void {
    if (!this.db.isTransaction) return this.#undo(error);
    this.#sql.undo.run();
    this.#sql.release.run();
  }

  #undo(error: unknown): void {
    const group = this.#open;
    this.#open = undefined;
    if (group !== undefined) this.#fail(group, error);
  }

  #fail(group: PromiseWithResolvers<void>, error: unknown): void {
    if (this.db.isTransaction) this.#sql.rollback.run();
    group.reject(error);
  }
}
