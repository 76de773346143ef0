import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { atPath, parseStored, type Json, type JsonObject } from "../json.ts";
import { splitPath } from "../partition/key.ts";
import type { ItemIndex } from "./index-paths.ts";
import { currentItem, type CurrentItem, type ItemRow } from "./item-row.ts";
import { sortKey } from "./sort-key.ts";

export interface IndexedPath {
  readonly path: string;
  readonly names: readonly string[];
  /** The column that holds the path's sort key: `p0`, `p1`, … */
  readonly column: string;
}

const FIXED_COLUMNS = "seq, pk, id, range, lsn, version, ts, expires, body";

/**
 * The items of one container: one table with a column per indexed path, so that SQLite's own (composite, partial)
 * indexes serve filters and orders. All names in the SQL text are made here from numbers.
 */
export class ItemTable {
  readonly name: string;
  readonly indexedPaths: readonly IndexedPath[];
  readonly #db: DatabaseSync;
  /** By the list of changed columns: SQLite rewrites the index of every column that is set, changed or not. */
  readonly #updates = new Map<string, StatementSync>();
  readonly #statements: {
    readonly find: StatementSync;
    readonly insert: StatementSync;
    readonly remove: StatementSync;
  };

  constructor(db: DatabaseSync, number: number, paths: readonly string[]) {
    this.#db = db;
    this.name = `docs_${number}`;
    this.indexedPaths = paths.map((path, index) => ({ path, names: splitPath(path), column: `p${index}` }));
    const columns = this.indexedPaths.map((indexed) => indexed.column);
    const marks = ", ?".repeat(columns.length);
    const more = columns.map((column) => `, ${column}`).join("");
    this.#statements = {
      find: db.prepare(`SELECT seq, version, ts, expires, body FROM ${this.name} WHERE pk = ? AND id = ?`),
      insert: db.prepare(
        `INSERT INTO ${this.name} (${FIXED_COLUMNS}${more}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?${marks})`,
      ),
      remove: db.prepare(`DELETE FROM ${this.name} WHERE seq = ?`),
    };
  }

  find(pk: string, id: string): CurrentItem | undefined {
    const row = this.#statements.find.get(pk, id);
    return row === undefined ? undefined : currentItem(row);
  }

  insert(row: ItemRow, document: JsonObject): void {
    const { seq, pk, id, range, lsn, version, ts, expires, body } = row;
    const keys = this.#keys(document);
    this.#statements.insert.run(seq, pk, id, range, lsn, version, ts, expires, body, ...keys);
  }

  update(row: Omit<ItemRow, "pk" | "id" | "range">, before: JsonObject, after: JsonObject): void {
    const { seq, lsn, version, ts, expires, body } = row;
    let sets = "";
    const keys: SQLInputValue[] = [];
    for (const { names, column } of this.indexedPaths) {
      const key = sortKey(atPath(after, names));
      if (key === sortKey(atPath(before, names))) continue;
      sets += `, ${column} = ?`;
      keys.push(key);
    }
    this.#update(sets).run(lsn, version, ts, expires, body, ...keys, seq);
  }

  #update(sets: string): StatementSync {
    let statement = this.#updates.get(sets);
    if (statement === undefined) {
      statement = this.#db.prepare(
        `UPDATE ${this.name} SET lsn = ?, version = ?, ts = ?, expires = ?, body = ?${sets} WHERE seq = ?`,
      );
      this.#updates.set(sets, statement);
    }
    return statement;
  }

  remove(seq: number): void {
    this.#statements.remove.run(seq);
  }

  #keys(document: JsonObject): SQLInputValue[] {
    return this.indexedPaths.map((indexed) => sortKey(atPath(document, indexed.names)));
  }
}

export function createItemTable(db: DatabaseSync, number: number): void {
  const name = `docs_${number}`;
  db.exec(`
    CREATE TABLE ${name} (
      seq INTEGER PRIMARY KEY, pk TEXT NOT NULL, id TEXT NOT NULL, range INTEGER NOT NULL, lsn INTEGER NOT NULL,
      version INTEGER NOT NULL, ts INTEGER NOT NULL, expires INTEGER, body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX ${name}_key ON ${name} (pk, id);
    CREATE INDEX ${name}_lsn ON ${name} (lsn);
    CREATE INDEX ${name}_expires ON ${name} (expires) WHERE expires IS NOT NULL;
  `);
}

export function dropItemTable(db: DatabaseSync, number: number): void {
  db.exec(`DROP TABLE docs_${number}`);
}

/** Adds and fills the columns of new paths; `paths` begins with the `known` ones the table already has. */
export function addIndexedPaths(
  db: DatabaseSync,
  number: number,
  paths: readonly string[],
  known: number,
): void {
  const name = `docs_${number}`;
  const added = paths.slice(known).map((path, index) => ({
    names: splitPath(path),
    column: `p${known + index}`,
  }));
  if (added.length === 0) return;
  for (const { column } of added) db.exec(`ALTER TABLE ${name} ADD COLUMN ${column} TEXT`);
  const next = db.prepare(`SELECT seq, body FROM ${name} WHERE seq > ? ORDER BY seq LIMIT 500`);
  const sets = added.map(({ column }) => `${column} = ?`).join(", ");
  const fill = db.prepare(`UPDATE ${name} SET ${sets} WHERE seq = ?`);
  let last = 0;
  for (let rows = next.all(last); rows.length > 0; rows = next.all(last)) {
    for (const row of rows) {
      last = Number(row["seq"]);
      const document = parseStored(String(row["body"]));
      fill.run(...added.map(({ names }) => sortKey(atPath(document, names))), last);
    }
  }
}

/** Makes the table's own indexes those given, and no others. */
export function replaceIndexes(
  db: DatabaseSync,
  number: number,
  paths: readonly string[],
  indexes: readonly ItemIndex[],
): void {
  const name = `docs_${number}`;
  const old = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND name LIKE ?")
    .all(name, `${name}_i%`);
  for (const row of old) db.exec(`DROP INDEX ${String(row["name"])}`);
  indexes.forEach(({ fields, sparse }, index) => {
    const columns = fields.map(({ path, descending }) => ({
      column: `p${paths.indexOf(path)}`,
      direction: descending ? "DESC" : "ASC",
    }));
    // Equal values are read newest first as soon as one field is descending; see `walkOrder`.
    const newestFirst = fields.some(({ descending }) => descending) ? ", seq DESC" : "";
    const list = columns.map(({ column, direction }) => `${column} ${direction}`).join(", ") + newestFirst;
    const where = sparse ? ` WHERE ${columns[0]!.column} IS NOT NULL` : "";
    db.exec(`CREATE INDEX ${name}_i${index} ON ${name} (${list})${where}`);
  });
}

/** Recomputes when items expire after a change of the container's default time to live (undefined = never). */
export function resetExpiry(db: DatabaseSync, number: number, defaultTtl: Json | undefined): void {
  if (typeof defaultTtl !== "number") {
    db.exec(`UPDATE docs_${number} SET expires = NULL WHERE expires IS NOT NULL`);
    return;
  }
  const own = "json_extract(body, '$.ttl')";
  const isNumber = "json_type(body, '$.ttl') IN ('integer', 'real')";
  const ttl = `(CASE WHEN ${isNumber} THEN ${own} ELSE ? END)`;
  db.prepare(`UPDATE docs_${number} SET expires = CASE WHEN ${ttl} = -1 THEN NULL ELSE ts + ${ttl} END`).run(
    defaultTtl,
    defaultTtl,
  );
}
