import type { DatabaseSync, StatementSync } from "node:sqlite";
import { REFILL, SWEEP } from "../limits.ts";
import { type Query, query } from "./schema.ts";

export const State = { active: 0, deferred: 1, scheduled: 2 } as const;

/** Everything about a waiting message except its bytes. */
export interface Head {
  readonly queue: number;
  readonly sequence: number;
  readonly state: number;
  readonly enqueuedAt: number;
  readonly enqueueSequence: number;
  readonly expiresAt: number;
  /** 1 when a message in front of it expires later. */
  readonly early: number;
  /** When it was or is to appear; 0 = it never was scheduled. */
  readonly scheduledAt: number;
  /** Failed attempts so far. */
  readonly deliveryCount: number;
  /** The path of the entity that dead-lettered it, once it was forwarded from there. */
  readonly source: string | null;
  readonly session: string | null;
  /** The row of its bytes. */
  readonly content: number;
  /** Of those bytes, as they came; what a settlement adds later is not counted. */
  readonly size: number;
}

export interface Tally {
  readonly queue: number;
  readonly state: number;
  readonly messages: number;
  readonly bytes: number;
  readonly lastSequence: number;
  readonly lastExpiry: number;
}

export const HEAD_COLUMNS = `queue, sequence, state, enqueued_at AS enqueuedAt, enqueue_sequence AS enqueueSequence,
  expires_at AS expiresAt, early, scheduled_at AS scheduledAt, delivery_count AS deliveryCount, source, session, content, size`;

/** Heads and contents. Writers are called inside a journal write. */
export class Messages {
  readonly #db: DatabaseSync;
  readonly #sql: Readonly<
    Record<"insert" | "store" | "remove" | "drop" | "recount" | "restate" | "rewrite", StatementSync>
  >;
  readonly #payload: Query<{ payload: Uint8Array }>;
  readonly #find: Query<Head>;
  readonly #active: Query<Head>;
  readonly #before: Query<Head>;
  readonly #from: Query<Head>;
  readonly #due: Query<Head>;
  readonly #nextDue: Query<{ at: number | null }>;
  readonly #inOrder: Query<Head>;
  readonly #expiredEarly: Query<Head>;
  readonly #nextExpiry: Query<{ at: number | null }>;
  readonly #oldest: Query<{ at: number }>;
  #nextContent: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const where = "FROM message WHERE queue = ?";
    this.#sql = {
      insert: db.prepare("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      store: db.prepare("INSERT INTO content VALUES (?, ?)"),
      remove: db.prepare("DELETE FROM message WHERE queue = ? AND sequence = ?"),
      drop: db.prepare("DELETE FROM content WHERE id = ?"),
      recount: db.prepare("UPDATE message SET delivery_count = ? WHERE queue = ? AND sequence = ?"),
      restate: db.prepare(
        "UPDATE message SET state = ?, delivery_count = ? WHERE queue = ? AND sequence = ?",
      ),
      rewrite: db.prepare("UPDATE content SET payload = ? WHERE id = ?"),
    };
    this.#payload = query(db, "SELECT payload FROM content WHERE id = ?");
    this.#find = query(db, `SELECT ${HEAD_COLUMNS} ${where} AND sequence = ?`);
    this.#active = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${where} AND sequence > ? AND sequence <= ? AND state = 0 ORDER BY sequence LIMIT ${REFILL}`,
    );
    this.#before = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${where} AND state = 0 AND enqueued_at <= ? ORDER BY sequence LIMIT ?`,
    );
    this.#from = query(db, `SELECT ${HEAD_COLUMNS} ${where} AND sequence >= ? ORDER BY sequence LIMIT ?`);
    this.#due = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${where} AND state = 2 AND scheduled_at <= ? ORDER BY scheduled_at, sequence LIMIT ?`,
    );
    this.#nextDue = query(db, `SELECT min(scheduled_at) AS at ${where} AND state = 2`);
    this.#inOrder = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${where} AND sequence > ? AND early = 0 AND state = 0 ORDER BY sequence LIMIT ?`,
    );
    this.#expiredEarly = query(
      db,
      `SELECT ${HEAD_COLUMNS} ${where} AND early = 1 AND state = 0 AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
    );
    this.#nextExpiry = query(
      db,
      `SELECT min(at) AS at FROM (
         SELECT * FROM (SELECT expires_at AS at ${where} AND early = 0 AND state = 0 AND expires_at > ? ORDER BY sequence LIMIT 1)
         UNION ALL SELECT min(expires_at) ${where} AND early = 1 AND state = 0 AND expires_at > ?)`,
    );
    this.#oldest = query(db, `SELECT enqueued_at AS at ${where} AND state = 0 ORDER BY sequence LIMIT 1`);
    const last = query<{ id: number | null }>(db, "SELECT max(id) AS id FROM content").get();
    this.#nextContent = (last?.id ?? 0) + 1;
  }

  /** The bytes of a message whose head has gone elsewhere. */
  drop(head: Head): void {
    this.#sql.drop.run(head.content);
  }

  /** Keeps the bytes and returns their row for a head. */
  store(payload: Buffer): number {
    const id = this.#nextContent++;
    this.#sql.store.run(id, payload);
    return id;
  }

  insert(head: Head): void {
    this.#sql.insert.run(
      head.queue,
      head.sequence,
      head.state,
      head.enqueuedAt,
      head.enqueueSequence,
      head.expiresAt,
      head.early,
      head.scheduledAt,
      head.deliveryCount,
      head.source,
      head.session,
      head.content,
      head.size,
    );
  }

  /** Takes the head away and keeps the bytes. False when somebody was faster. */
  removeHead(head: Head): boolean {
    return this.#sql.remove.run(head.queue, head.sequence).changes === 1;
  }

  /** Removes the message altogether. False when somebody was faster. */
  remove(head: Head): boolean {
    if (!this.removeHead(head)) return false;
    this.#sql.drop.run(head.content);
    return true;
  }

  setDeliveryCount(head: Head, deliveryCount: number): void {
    this.#sql.recount.run(deliveryCount, head.queue, head.sequence);
  }

  setState(head: Head, state: number, deliveryCount: number): void {
    this.#sql.restate.run(state, deliveryCount, head.queue, head.sequence);
  }

  rewrite(head: Head, payload: Buffer): void {
    this.#sql.rewrite.run(payload, head.content);
  }

  /** The message's bytes. @throws when they are gone, which only a damaged file can cause */
  payload(head: Head): Buffer {
    const row = this.#payload.get(head.content);
    if (row === undefined)
      throw new Error(`the content of message ${head.queue}/${head.sequence} is missing`);
    return Buffer.from(row.payload.buffer, row.payload.byteOffset, row.payload.byteLength);
  }

  find(queue: number, sequence: number): Head | undefined {
    return this.#find.get(queue, sequence);
  }

  /** Active messages in order, after one sequence number and up to another. */
  activeBetween(queue: number, after: number, upTo: number): Head[] {
    return this.#active.all(queue, after, upTo);
  }

  /** Active messages that were there at a time, in order of sequence. */
  activeBefore(queue: number, time: number, limit: number): Head[] {
    return this.#before.all(queue, time, limit);
  }

  /** Messages in any state in order of sequence. */
  from(queue: number, sequence: number, limit: number): Head[] {
    return this.#from.all(queue, sequence, limit);
  }

  scheduledBy(queue: number, now: number, limit: number): Head[] {
    return this.#due.all(queue, now, limit);
  }

  nextSchedule(queue: number): number | undefined {
    return this.#nextDue.get(queue)?.at ?? undefined;
  }

  /** Expired messages that are active, locked ones included; read page by page while the caller wants more. */
  *expired(queue: number, now: number): Generator<Head> {
    yield* this.#expiredEarly.all(queue, now, SWEEP);
    for (let after = 0; ;) {
      const page = this.#inOrder.all(queue, after, SWEEP);
      for (const head of page) {
        if (head.expiresAt > now) return;
        yield head;
        after = head.sequence;
      }
      if (page.length < SWEEP) return;
    }
  }

  nextExpiry(queue: number, now: number): number | undefined {
    return this.#nextExpiry.get(queue, now, queue, now)?.at ?? undefined;
  }

  oldestEnqueuedAt(queue: number): number | undefined {
    return this.#oldest.get(queue)?.at;
  }

  tallies(): Tally[] {
    return query<Tally>(
      this.#db,
      `SELECT queue, state, count(*) AS messages, sum(size) AS bytes, max(sequence) AS lastSequence,
         max(CASE WHEN early = 0 THEN expires_at ELSE 0 END) AS lastExpiry FROM message GROUP BY queue, state`,
    ).all();
  }

  /** Removes everything of a deleted entity. */
  removeQueue(queue: number): void {
    this.#db
      .prepare("DELETE FROM content WHERE id IN (SELECT content FROM message WHERE queue = ?)")
      .run(queue);
    this.#db.prepare("DELETE FROM message WHERE queue = ?").run(queue);
    this.#db.prepare("DELETE FROM sequence WHERE queue = ?").run(queue);
    this.#db.prepare("DELETE FROM session WHERE queue = ?").run(queue);
  }
}
