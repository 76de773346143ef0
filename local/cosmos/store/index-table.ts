import type { DatabaseSync, StatementSync } from "node:sqlite";
import { atPath, type JsonObject } from "../json.ts";
import { splitPath } from "../partition/key.ts";
import type { ItemIndex, IndexField } from "./index-paths.ts";
import { sortKey } from "./sort-key.ts";

/** What is kept of an index in the catalogue. */
export interface IndexRecord extends ItemIndex {
  readonly number: number;
  /** Made because queries asked for it, not because the policy names it; may be dropped for another one. */
  readonly lazy: boolean;
  /** Holds all items. Until then it is kept up to date, but no query may use it. */
  readonly ready: boolean;
}

/** What of an item an index may be about. */
export interface Indexable {
  readonly seq: number;
  readonly ts: number;
  readonly members: JsonObject;
}

/** A missing value; sorts before every other key. */
const NOTHING = "";

/**
 * One index of a container as a table of its own: a key for every field, then the row number, all of it the primary
 * key. Beside the items and not a column in them, so that it can be made, filled and dropped in small steps.
 */
export class IndexTable {
  readonly name: string;
  readonly record: IndexRecord;
  ready: boolean;
  /** When a query used it last, in order of use. */
  lastUse = 0;
  readonly #paths: readonly (readonly string[])[];
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync, container: number, record: IndexRecord) {
    this.record = record;
    this.ready = record.ready;
    this.name = nameOf(container, record.number);
    this.#paths = record.fields.map(({ path }) => splitPath(path));
    const columns = this.columns.map((column) => `${column} = ? AND `).join("");
    const marks = "?, ".repeat(record.fields.length);
    this.#insert = db.prepare(`INSERT OR IGNORE INTO ${this.name} VALUES (${marks}?)`);
    this.#remove = db.prepare(`DELETE FROM ${this.name} WHERE ${columns}seq = ?`);
  }

  get fields(): readonly IndexField[] {
    return this.record.fields;
  }

  get sparse(): boolean {
    return this.record.sparse;
  }

  /** `k0`, `k1`, …, one for every field. */
  get columns(): readonly string[] {
    return this.record.fields.map((_field, index) => `k${index}`);
  }

  put(item: Indexable): void {
    const keys = this.#keys(item);
    if (this.#holds(keys)) this.#insert.run(...keys, item.seq);
  }

  remove(item: Indexable): void {
    const keys = this.#keys(item);
    if (this.#holds(keys)) this.#remove.run(...keys, item.seq);
  }

  replace(before: Indexable, after: Indexable): void {
    const old = this.#keys(before);
    const keys = this.#keys(after);
    if (old.every((key, index) => key === keys[index])) return;
    if (this.#holds(old)) this.#remove.run(...old, before.seq);
    if (this.#holds(keys)) this.#insert.run(...keys, after.seq);
  }

  #keys({ members, ts }: Indexable): string[] {
    return this.#paths.map((names) => {
      const value = names[0] === "_ts" && names.length === 1 ? ts : atPath(members, names);
      return sortKey(value) ?? NOTHING;
    });
  }

  #holds(keys: readonly string[]): boolean {
    return !this.record.sparse || keys[0] !== NOTHING;
  }
}

const nameOf = (container: number, number: number): string => `ix_${container}_${number}`;

export function createIndexTable(db: DatabaseSync, container: number, { number, fields }: IndexRecord): void {
  const columns = fields.map((_field, index) => `k${index} TEXT NOT NULL, `).join("");
  const order = fields.map(({ descending }, index) => `k${index} ${descending ? "DESC" : "ASC"}, `).join("");
  // Equal values are read newest first as soon as one field is descending; see `walkOrder`.
  const seq = fields.some(({ descending }) => descending) ? "seq DESC" : "seq ASC";
  db.exec(
    `CREATE TABLE ${nameOf(container, number)} (${columns}seq INTEGER NOT NULL, PRIMARY KEY (${order}${seq})) STRICT, WITHOUT ROWID`,
  );
}
