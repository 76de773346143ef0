import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parseStored, type JsonObject } from "../json.ts";
import type { IndexTable } from "./index-table.ts";
import { currentItem, type CurrentItem, type ItemRow, type StoredItem } from "./item-row.ts";

const COLUMNS = "seq, pk, id, range, lsn, version, ts, expires, body";

/** The items of one container, and its indexes. All names in the SQL text are made here from numbers. */
export class ItemTable {
  readonly name: string;
  readonly indexes: readonly IndexTable[];
  /** Set when the container is deleted, or replaced by another version of itself. */
  gone = false;
  readonly #statements: Readonly<Record<"find" | "insert" | "update" | "remove" | "stored", StatementSync>>;

  constructor(db: DatabaseSync, number: number, indexes: readonly IndexTable[]) {
    this.name = `docs_${number}`;
    this.indexes = indexes;
    const { name } = this;
    this.#statements = {
      find: db.prepare(`SELECT seq, version, ts, expires, body FROM ${name} WHERE pk = ? AND id = ?`),
      insert: db.prepare(
        `INSERT INTO ${name} (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pk, id) DO NOTHING`,
      ),
      update: db.prepare(
        `UPDATE ${name} SET lsn = ?, version = ?, ts = ?, expires = ?, body = ? WHERE seq = ?`,
      ),
      remove: db.prepare(`DELETE FROM ${name} WHERE seq = ?`),
      stored: db.prepare(`SELECT ts, body FROM ${name} WHERE seq = ?`),
    };
  }

  find(pk: string, id: string): CurrentItem | undefined {
    const row = this.#statements.find.get(pk, id);
    return row === undefined ? undefined : currentItem(row);
  }

  /** False, and nothing is changed, if there is an item with this key and id. */
  insert(row: ItemRow, members: JsonObject): boolean {
    const { seq, pk, id, range, lsn, version, ts, expires, body } = row;
    const { changes } = this.#statements.insert.run(seq, pk, id, range, lsn, version, ts, expires, body);
    if (changes === 0) return false;
    for (const index of this.indexes) index.put({ seq, ts, members });
    return true;
  }

  update(
    row: Omit<ItemRow, "pk" | "id" | "range">,
    current: StoredItem,
    before: JsonObject,
    after: JsonObject,
  ): void {
    const { seq, lsn, version, ts, expires, body } = row;
    this.#statements.update.run(lsn, version, ts, expires, body, seq);
    for (const index of this.indexes) {
      index.replace({ seq, ts: current.ts, members: before }, { seq, ts, members: after });
    }
  }

  remove(seq: number): void {
    if (this.indexes.length > 0) {
      const row = this.#statements.stored.get(seq);
      if (row !== undefined) {
        const item = { seq, ts: Number(row["ts"]), members: parseStored(String(row["body"])) };
        for (const index of this.indexes) index.remove(item);
      }
    }
    this.#statements.remove.run(seq);
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
