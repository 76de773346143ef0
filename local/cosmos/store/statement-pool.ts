import type { DatabaseSync, StatementSync } from "node:sqlite";

const MAX_TEXTS = 500;

/**
 * Prepared statements by text. A statement that is being iterated belongs to its borrower alone: two scans with
 * the same text get two statements.
 */
export class StatementPool {
  readonly #db: DatabaseSync;
  readonly #idle = new Map<string, StatementSync[]>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  borrow(sql: string): StatementSync {
    return this.#idle.get(sql)?.pop() ?? this.#db.prepare(sql);
  }

  giveBack(sql: string, statement: StatementSync): void {
    const idle = this.#idle.get(sql);
    if (idle !== undefined) {
      idle.push(statement);
      return;
    }
    // Texts come from a finite grammar, but lists (IN) make it large: forget all rather than keep books.
    if (this.#idle.size >= MAX_TEXTS) this.#idle.clear();
    this.#idle.set(sql, [statement]);
  }
}
