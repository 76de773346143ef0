import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SESSION_WINDOW } from "../limits.ts";
import { HEAD_COLUMNS, type Head } from "./messages.ts";
import { type Query, query } from "./schema.ts";

/** What is on disk about sessions: their states, and which of them have messages. */
export class SessionStore {
  readonly #put: StatementSync;
  readonly #clear: StatementSync;
  readonly #state: Query<{ state: Uint8Array }>;
  readonly #active: Query<Head>;
  readonly #from: Query<Head>;
  readonly #has: Query<{ found: number }>;
  readonly #next: Query<{ id: string }>;
  readonly #first: Query<{ id: string }>;
  readonly #last: Query<{ id: string | null }>;
  readonly #since: Query<{ id: string }>;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      `INSERT INTO session VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
    );
    this.#clear = db.prepare("DELETE FROM session WHERE queue = ? AND id = ?");
    this.#state = query(db, "SELECT state FROM session WHERE queue = ? AND id = ?");
    // Left to itself SQLite walks through all sessions in order of sequence, which it need not sort.
    const indexed = "FROM message INDEXED BY message_by_session WHERE queue = ?";
    const waiting = `${indexed} AND state = 0 AND session`;
    this.#active = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${waiting} = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ${SESSION_WINDOW}`,
    );
    this.#from = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${indexed} AND session = ? AND sequence >= ? ORDER BY sequence LIMIT ?`,
    );
    this.#has = query(db, `SELECT 1 AS found ${waiting} = ? AND sequence <= ? LIMIT 1`);
    this.#first = query(
      db,
      `SELECT session AS id ${waiting} >= '' AND session <= ? ORDER BY session LIMIT 1`,
    );
    this.#next = query(db, `SELECT session AS id ${waiting} > ? AND session <= ? ORDER BY session LIMIT 1`);
    this.#last = query(db, `SELECT max(session) AS id ${waiting} >= ''`);
    this.#since = query(
      db,
      `SELECT id FROM (
         SELECT id FROM session WHERE queue = ?1 AND updated_at > ?2
         UNION SELECT session FROM message WHERE queue = ?1 AND session IS NOT NULL AND enqueued_at > ?2
       ) ORDER BY id LIMIT ?3 OFFSET ?4`,
    );
  }

  /** Inside a write. Null = no state. */
  setState(queue: number, id: string, state: Buffer | null, now: number): void {
    if (state === null) this.#clear.run(queue, id);
    else this.#put.run(queue, id, state, now);
  }

  state(queue: number, id: string): Buffer | undefined {
    const row = this.#state.get(queue, id);
    return row === undefined ? undefined : Buffer.from(row.state);
  }

  /** Active messages of one session in order, at most `SESSION_WINDOW`. */
  activeBetween(queue: number, id: string, after: number, upTo: number): Head[] {
    return this.#active.all(queue, id, after, upTo);
  }

  hasActive(queue: number, id: string, upTo: number): boolean {
    return this.#has.get(queue, id, upTo) !== undefined;
  }

  /** The next session with active messages in order of ids, up to one; undefined `after` = the first. */
  next(queue: number, after: string | undefined, upTo: string): string | undefined {
    return (after === undefined ? this.#first.get(queue, upTo) : this.#next.get(queue, after, upTo))?.id;
  }

  /** The last session with active messages in order of ids. */
  last(queue: number): string | undefined {
    return this.#last.get(queue)?.id ?? undefined;
  }

  /** Messages of one session in any state, in order of sequence. */
  from(queue: number, id: string, sequence: number, limit: number): Head[] {
    return this.#from.all(queue, id, sequence, limit);
  }

  /** Sessions whose state or messages are younger than that, by id. */
  updatedSince(queue: number, since: number, skip: number, top: number): string[] {
    return this.#since.all(queue, since, top, skip).map(({ id }) => id);
  }
}
