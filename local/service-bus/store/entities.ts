import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Query, query } from "./schema.ts";

export interface EntityRow {
  readonly id: number;
  readonly kind: string;
  readonly path: string;
  /** JSON. */
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

interface RuleRow {
  readonly subscription: number;
  readonly name: string;
  /** JSON of the filter. */
  readonly description: string;
  readonly createdAt: number;
}

/** Entities and rules on disk. Writers are called inside a journal write. */
export class Entities {
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;
  readonly #putRule: StatementSync;
  readonly #removeRule: StatementSync;
  readonly #all: Query<EntityRow>;
  readonly #rules: Query<RuleRow>;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      "INSERT INTO entity (kind, path, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#update = db.prepare("UPDATE entity SET description = ?, updated_at = ? WHERE id = ?");
    this.#remove = db.prepare("DELETE FROM entity WHERE id = ?");
    this.#putRule = db.prepare(
      "INSERT INTO rule VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET description = excluded.description",
    );
    this.#removeRule = db.prepare("DELETE FROM rule WHERE subscription = ? AND name = ?");
    this.#all = query(
      db,
      "SELECT id, kind, path, description, created_at AS createdAt, updated_at AS updatedAt FROM entity ORDER BY id",
    );
    this.#rules = query(
      db,
      "SELECT subscription, name, description, created_at AS createdAt FROM rule ORDER BY name",
    );
  }

  insert(kind: string, path: string, description: string, now: number): number {
    return Number(this.#insert.run(kind, path, description, now, now).lastInsertRowid);
  }

  update(id: number, description: string, now: number): void {
    this.#update.run(description, now, id);
  }

  /** The rules of a subscription go with it. */
  remove(id: number): void {
    this.#remove.run(id);
  }

  putRule(subscription: number, name: string, description: string, now: number): void {
    this.#putRule.run(subscription, name, description, now);
  }

  removeRule(subscription: number, name: string): void {
    this.#removeRule.run(subscription, name);
  }

  all(): EntityRow[] {
    return this.#all.all();
  }

  rules(): RuleRow[] {
    return this.#rules.all();
  }
}
