import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JsonObject } from "../json.ts";
import { Refusal } from "../refusal.ts";
import type { KeyDefinition } from "../partition/key.ts";
import { rangeCount } from "../partition/ranges.ts";
import { fillIndex, resetExpiry, type Chores } from "./chores.ts";
import {
  makeContainer,
  recordOf,
  type Container,
  type ContainerRecord,
  type Database,
  type Throughput,
} from "./container.ts";
import { Doomed } from "./doomed.ts";
import { indexesOf, isIncluded, isSameIndex, type IndexField, type ItemIndex } from "./index-paths.ts";
import { createIndexTable, IndexTable } from "./index-table.ts";
import { createItemTable, ItemTable } from "./item-table.ts";
import { databaseRid } from "./rids.ts";

/** Clock reading and number of one change of the catalogue. */
export interface Stamp {
  readonly version: number;
  readonly ts: number;
}

export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: KeyDefinition;
  readonly throughput: Throughput | undefined;
  readonly properties: JsonObject;
}

const DEFAULT_RU = 400;
/** Every write pays for every index. */
const MAX_LAZY_INDEXES = 8;

/**
 * Databases and containers: on disk, and whole in memory. Changes happen inside a write transaction; if that
 * fails to commit, `load` brings the memory back to what is on disk.
 */
export class Catalog {
  readonly databases = new Map<string, Database>();
  readonly #db: DatabaseSync;
  readonly #chores: Chores;
  readonly #doomed: Doomed;
  readonly #sql: Readonly<
    Record<"putDatabase" | "putContainer" | "dropDatabase" | "dropContainer", StatementSync>
  >;

  constructor(db: DatabaseSync, chores: Chores) {
    this.#db = db;
    this.#chores = chores;
    this.#doomed = new Doomed(db, chores);
    db.exec(`
      CREATE TABLE IF NOT EXISTS databases (number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS containers (number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS unique_keys (
        container INTEGER NOT NULL, pk TEXT NOT NULL, key INTEGER NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (container, pk, key, value)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS unique_keys_seq ON unique_keys (container, seq);
    `);
    this.#sql = {
      putDatabase: db.prepare("INSERT OR REPLACE INTO databases VALUES (?, ?) RETURNING number"),
      putContainer: db.prepare("INSERT OR REPLACE INTO containers VALUES (?, ?) RETURNING number"),
      dropDatabase: db.prepare("DELETE FROM databases WHERE number = ?"),
      dropContainer: db.prepare("DELETE FROM containers WHERE number = ?"),
    };
    this.load();
  }

  load(): void {
    this.databases.clear();
    const byNumber = new Map<number, Database>();
    for (const row of this.#db.prepare("SELECT number, record FROM databases ORDER BY number").all()) {
      const database = this.#keepDatabase(Number(row["number"]), JSON.parse(String(row["record"])));
      byNumber.set(database.number, database);
    }
    for (const row of this.#db.prepare("SELECT number, record FROM containers ORDER BY number").all()) {
      const number = Number(row["number"]);
      const record: ContainerRecord = { ...JSON.parse(String(row["record"])), number };
      const database = byNumber.get(record.databaseNumber)!;
      if (isOld(record)) {
        this.#bringUpToDate(database, record);
        continue;
      }
      const indexes = record.indexes.map((index) => new IndexTable(this.#db, number, index));
      this.#keepContainer(database, record, indexes);
    }
  }

  createDatabase(id: string, throughput: Throughput | undefined, stamp: Stamp): Database {
    if (this.databases.has(id)) throw alreadyExists(id);
    const record = { id, throughput, ...stamp };
    const row = this.#sql.putDatabase.get(null, JSON.stringify(record));
    return this.#keepDatabase(Number(row!["number"]), record);
  }

  replaceDatabase(database: Database, throughput: Throughput, stamp: Stamp): void {
    const { number, id, containers } = database;
    const record = { id, throughput, ...stamp };
    this.#sql.putDatabase.get(number, JSON.stringify(record));
    this.databases.set(id, { ...database, ...record, containers });
  }

  dropDatabase(database: Database): void {
    for (const container of database.containers.values()) this.dropContainer(container);
    this.#sql.dropDatabase.run(database.number);
    this.databases.delete(database.id);
  }

  createContainer(database: Database, definition: ContainerDefinition, stamp: Stamp): Container {
    if (database.containers.has(definition.id)) throw alreadyExists(definition.id);
    const { manual, autoscaleMax } = definition.throughput ?? {};
    const draft = {
      ...definition,
      ...stamp,
      databaseNumber: database.number,
      rangeCount: rangeCount(autoscaleMax ?? manual ?? DEFAULT_RU),
      indexes: [],
      nextIndex: 0,
      expiryPending: false,
    };
    const row = this.#sql.putContainer.get(null, JSON.stringify(draft));
    const number = Number(row!["number"]);
    createItemTable(this.#db, number);
    return this.#putContainer(database, { ...draft, number }, []);
  }

  /** Changes what may change: the properties (not the partition key) and the throughput. */
  replaceContainer(
    container: Container,
    change: Partial<Pick<ContainerRecord, "properties" | "throughput">>,
    stamp: Stamp,
  ): Container {
    const record = { ...recordOf(container), ...change, ...stamp };
    const newTtl = record.properties["defaultTtl"] !== container.properties["defaultTtl"];
    return this.#putContainer(
      this.databases.get(container.databaseId)!,
      { ...record, expiryPending: newTtl || record.expiryPending },
      container.table.indexes,
    );
  }

  /** Makes an index that no policy names; the least used one of its kind gives way if there are too many. */
  addLazyIndex(asked: Container, fields: readonly IndexField[]): void {
    const container = this.databases.get(asked.databaseId)?.containers.get(asked.id);
    if (container === undefined || container.number !== asked.number) return;
    const { indexes } = container.table;
    const wish = { fields, sparse: false };
    if (indexes.some((index) => isSameIndex(index, wish))) return;
    const lazy = indexes.filter(({ record }) => record.lazy).toSorted((a, b) => b.lastUse - a.lastUse);
    const kept = new Set(lazy.slice(0, MAX_LAZY_INDEXES - 1));
    const record = recordOf(container);
    this.#putContainer(
      this.databases.get(container.databaseId)!,
      record,
      indexes.filter((index) => !index.record.lazy || kept.has(index)),
      [wish],
    );
  }

  dropContainer(container: Container): void {
    container.table.gone = true;
    for (const { name } of container.table.indexes) this.#doomed.add(name);
    this.#doomed.add(container.table.name);
    this.#doomed.add(`unique_keys ${container.number}`);
    this.#sql.dropContainer.run(container.number);
    this.databases.get(container.databaseId)?.containers.delete(container.id);
  }

  /** Saves a container with the indexes it needs, making and dropping as required; `known` are those it may keep. */
  #putContainer(
    database: Database,
    record: ContainerRecord,
    known: readonly IndexTable[],
    lazy: readonly ItemIndex[] = [],
  ): Container {
    const policy = record.properties["indexingPolicy"];
    const wanted = indexesOf(policy);
    const isWanted = (index: IndexTable): boolean =>
      index.record.lazy
        ? index.fields.every(({ path }) => isIncluded(policy, path))
        : wanted.some((other) => isSameIndex(index, other));
    const kept = known.filter(isWanted);
    const keptNames = new Set(kept.map(({ name }) => name));
    const before = database.containers.get(record.id)?.table.indexes ?? [];
    for (const { name } of before) if (!keptNames.has(name)) this.#doomed.add(name);
    const missing = wanted.filter((index) => !kept.some((other) => isSameIndex(index, other)));
    let { nextIndex } = record;
    const ready = this.#isEmpty(record.number);
    const make = (index: ItemIndex, isLazy: boolean): IndexTable => {
      const made = { ...index, number: nextIndex++, lazy: isLazy, ready };
      createIndexTable(this.#db, record.number, made);
      return new IndexTable(this.#db, record.number, made);
    };
    const added = [...missing.map((index) => make(index, false)), ...lazy.map((index) => make(index, true))];
    const container = this.#keepContainer(database, { ...record, nextIndex }, [...kept, ...added]);
    this.#save(container);
    for (const index of added) if (!index.ready) this.#fill(container, index);
    return container;
  }

  /** Files of the first version have their indexes as columns of the items; the columns stay, unused. */
  #bringUpToDate(database: Database, record: ContainerRecord): void {
    const table = `docs_${record.number}`;
    const old = this.#db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND name LIKE ?")
      .all(table, `${table}_i%`);
    for (const row of old) this.#db.exec(`DROP INDEX ${String(row["name"])}`);
    this.#putContainer(database, { ...record, indexes: [], nextIndex: 0, expiryPending: false }, []);
  }

  #isEmpty(number: number): boolean {
    return this.#db.prepare(`SELECT 1 FROM docs_${number} LIMIT 1`).get() === undefined;
  }

  #save(container: Container): void {
    this.#sql.putContainer.get(container.number, JSON.stringify(recordOf(container)));
  }

  /** Saves the state that a container has by now, whoever has replaced it since. */
  #saveNow(container: Container): void {
    const current = this.databases.get(container.databaseId)?.containers.get(container.id);
    if (current?.number === container.number) this.#save(current);
  }

  #fill(container: Container, index: IndexTable): void {
    const { table } = container;
    const step = fillIndex(this.#db, table.name, index, () => this.#saveNow(container));
    void this.#chores.add(() => !table.gone && !this.#doomed.has(index.name) && step());
  }

  /** Resolves when all items of a container expire as its definition says. */
  async expire(container: Container): Promise<void> {
    if (!container.expiryPending) return;
    const { table, properties } = container;
    const step = resetExpiry(this.#db, table.name, properties["defaultTtl"], () => {
      const database = this.databases.get(container.databaseId);
      const current = database?.containers.get(container.id);
      if (database === undefined || current?.number !== container.number) return;
      this.#save(
        this.#keepContainer(database, { ...recordOf(current), expiryPending: false }, current.table.indexes),
      );
    });
    await this.#chores.add(() => !table.gone && step());
  }

  /** Takes up what a stop left undone. */
  resume(): void {
    this.#doomed.resume();
    for (const database of this.databases.values()) {
      for (const container of database.containers.values()) {
        for (const index of container.table.indexes) if (!index.ready) this.#fill(container, index);
        void this.expire(container);
      }
    }
  }

  #keepDatabase(number: number, record: Pick<Database, "id" | "throughput" | "version" | "ts">): Database {
    const { id, throughput, version, ts } = record;
    const database = { number, id, throughput, version, ts, rid: databaseRid(number), containers: new Map() };
    this.databases.set(id, database);
    return database;
  }

  #keepContainer(database: Database, record: ContainerRecord, indexes: readonly IndexTable[]): Container {
    const table = new ItemTable(this.#db, record.number, indexes);
    const container = makeContainer(record, database.id, table);
    database.containers.set(record.id, container);
    return container;
  }
}

const alreadyExists = (id: string): Refusal =>
  new Refusal(409, `Entity with the specified id already exists in the system. '${id}'`);

const isOld = (record: Partial<ContainerRecord>): boolean => record.indexes === undefined;
