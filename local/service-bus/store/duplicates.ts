import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Entries forgotten by one call, so that a long history never holds up the traffic. */
const PRUNE = 2000;

/** Which message ids an entity has seen lately. On disk, so that a restart opens no gap for a second copy. */
export class Duplicates {
  readonly #remember: StatementSync;
  readonly #forget: StatementSync;
  readonly #forgetEntity: StatementSync;

  constructor(db: DatabaseSync) {
    this.#remember = db.prepare(
      `INSERT INTO duplicate VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET seen_at = ?3 WHERE seen_at <= ?4`,
    );
    this.#forget = db.prepare(
      `DELETE FROM duplicate WHERE (entity, message_id) IN
         (SELECT entity, message_id FROM duplicate WHERE entity = ? AND seen_at <= ? LIMIT ${PRUNE})`,
    );
    this.#forgetEntity = db.prepare("DELETE FROM duplicate WHERE entity = ?");
  }

  /** Inside a write: true when the id is new within the window, and remembers it. */
  isFirst(entity: number, messageId: string, now: number, windowMs: number): boolean {
    return this.#remember.run(entity, messageId, now, now - windowMs).changes === 1;
  }

  /** Inside a write: forgets some of what is older than the window; true when there is more to forget. */
  prune(entity: number, now: number, windowMs: number): boolean {
    return this.#forget.run(entity, now - windowMs).changes === PRUNE;
  }

  forgetEntity(entity: number): void {
    this.#forgetEntity.run(entity);
  }
}
