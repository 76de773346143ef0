import type { DatabaseSync, StatementSync } from "node:sqlite";
import { hashOf, IdIndex } from "./id-index.ts";
import { type Query, query } from "./schema.ts";

/** Entries forgotten by one call, so that a long history never holds up the traffic. */
const PRUNE = 2000;
/** Entries read at once when an entity's history is first needed. */
const PAGE = 10_000;

interface Entry {
  readonly id: number;
  readonly messageId: string;
  readonly seenAt: number;
}

/** One entity's history in memory; the log on disk is the truth. */
interface History {
  readonly index: IdIndex;
  oldest: number;
  next: number;
  /** The last ids, whose rows are not written yet. */
  unwritten: string[];
}

/**
 * Which message ids an entity has seen lately. On disk, so that a restart opens no gap for a second copy: a
 * log to which each new id is appended and whose old end is cut off, which costs a commit next to nothing. An
 * index of hashes in memory leads into it; a hit is compared with the log, so no chance makes a message a
 * duplicate, and what a failed write left in the index does no harm.
 */
export class Duplicates {
  readonly #append: StatementSync;
  readonly #appendAll: StatementSync;
  readonly #cut: StatementSync;
  readonly #forgetEntity: StatementSync;
  readonly #entry: Query<Entry>;
  readonly #from: Query<Entry>;
  readonly #histories = new Map<number, History>();
  /** Histories with unwritten ids while a batch is being looked at; undefined otherwise. */
  #batch: Map<number, History> | undefined;

  constructor(db: DatabaseSync) {
    this.#append = db.prepare("INSERT INTO duplicate_log VALUES (?, ?, ?, ?)");
    this.#appendAll = db.prepare("INSERT INTO duplicate_log SELECT ?, ? + key, value, ? FROM json_each(?)");
    this.#cut = db.prepare("DELETE FROM duplicate_log WHERE entity = ? AND id <= ?");
    this.#forgetEntity = db.prepare("DELETE FROM duplicate_log WHERE entity = ?");
    const select =
      "SELECT id, message_id AS messageId, seen_at AS seenAt FROM duplicate_log WHERE entity = ?";
    this.#entry = query(db, `${select} AND id = ?`);
    this.#from = query(db, `${select} AND id > ? ORDER BY id LIMIT ?`);
  }

  /**
   * Inside a write: the ids that `work` asks about are written together behind it. A batch of a hundred ids in one
   * statement costs half of a hundred statements.
   */
  together<T>(now: number, work: () => T): T {
    const batch = new Map<number, History>();
    this.#batch = batch;
    try {
      const result = work();
      for (const [entity, history] of batch) this.#write(entity, history, now);
      return result;
    } finally {
      for (const history of batch.values()) history.unwritten = [];
      this.#batch = undefined;
    }
  }

  /** Inside a write: true when the id is new within the window, and remembers it. */
  isFirst(entity: number, messageId: string, now: number, windowMs: number): boolean {
    const history = this.#historyOf(entity);
    const hash = hashOf(messageId);
    for (const id of history.index.candidates(hash)) {
      if (id < history.oldest) continue;
      const unwritten = history.unwritten[id - (history.next - history.unwritten.length)];
      if (unwritten === messageId) return false;
      const entry = this.#entry.get(entity, id);
      if (entry?.messageId === messageId && entry.seenAt > now - windowMs) return false;
    }
    history.unwritten.push(messageId);
    history.index.add(hash, history.next++, history.oldest);
    if (this.#batch === undefined) this.#write(entity, history, now);
    else this.#batch.set(entity, history);
    return true;
  }

  #write(entity: number, history: History, now: number): void {
    const ids = history.unwritten;
    const first = history.next - ids.length;
    history.unwritten = [];
    // SQLite's JSON ends a text at a zero character.
    const isPlain = ids.length > 1 && ids.every((id) => !id.includes("\0"));
    if (isPlain) this.#appendAll.run(entity, first, now, JSON.stringify(ids));
    else for (const [at, id] of ids.entries()) this.#append.run(entity, first + at, id, now);
  }

  /** Inside a write: forgets some of what is older than the window; true when there is more to forget. */
  prune(entity: number, now: number, windowMs: number): boolean {
    const entries = this.#from.all(entity, 0, PRUNE);
    const firstKept = entries.findIndex(({ seenAt }) => seenAt > now - windowMs);
    const last = entries[(firstKept < 0 ? entries.length : firstKept) - 1];
    if (last === undefined) return false;
    this.#cut.run(entity, last.id);
    const history = this.#histories.get(entity);
    if (history !== undefined) history.oldest = last.id + 1;
    return firstKept < 0 && entries.length === PRUNE;
  }

  forgetEntity(entity: number): void {
    this.#forgetEntity.run(entity);
    this.#histories.delete(entity);
  }

  #historyOf(entity: number): History {
    let history = this.#histories.get(entity);
    if (history === undefined) {
      history = this.#read(entity);
      this.#histories.set(entity, history);
    }
    return history;
  }

  #read(entity: number): History {
    const index = new IdIndex();
    let [oldest, last] = [0, 0];
    for (;;) {
      const page = this.#from.all(entity, last, PAGE);
      for (const { id, messageId } of page) {
        if (oldest === 0) oldest = id;
        last = id;
        index.add(hashOf(messageId), id, oldest);
      }
      if (page.length < PAGE) return { index, oldest, next: last + 1, unwritten: [] };
    }
  }
}
