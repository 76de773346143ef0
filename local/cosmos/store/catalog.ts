import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JsonObject } from "../json.ts";
import { Refusal } from "../refusal.ts";
import type { KeyDefinition } from "../partition/key.ts";
import { rangeCount } from "../partition/ranges.ts";
import {
  makeContainer,
  type Container,
  type ContainerRecord,
  type Database,
  type Throughput,
} from "./container.ts";
import { indexesOf } from "./index-paths.ts";
import {
  addIndexedPaths,
  createItemTable,
  dropItemTable,
  ItemTable,
  replaceIndexes,
  resetExpiry,
} from "./item-table.ts";
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

/**
 * Databases and containers: on disk, and whole in memory. Changes happen inside a write transaction; if that
 * fails to commit, `load` brings the memory back to what is on disk.
 */
export class Catalog {
  readonly databases = new Map<string, Database>();
  readonly #db: DatabaseSync;
  readonly #sql: Readonly<
    Record<"putDatabase" | "putContainer" | "dropDatabase" | "dropContainer", StatementSync>
  >;

  constructor(db: DatabaseSync) {
    this.#db = db;
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
      const record: ContainerRecord = { ...JSON.parse(String(row["record"])), number: Number(row["number"]) };
      this.#keepContainer(byNumber.get(record.databaseNumber)!, record);
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
      indexedPaths: [],
    };
    const row = this.#sql.putContainer.get(null, JSON.stringify(draft));
    const number = Number(row!["number"]);
    createItemTable(this.#db, number);
    return this.#putContainer(database, { ...draft, number });
  }

  /** Changes what may change: the properties (not the partition key) and the throughput. */
  replaceContainer(
    container: Container,
    change: Partial<Pick<ContainerRecord, "properties" | "throughput">>,
    stamp: Stamp,
  ): Container {
    const { number, databaseNumber, id, partitionKey, rangeCount: ranges, indexedPaths } = container;
    const { properties, throughput } = {
      properties: container.properties,
      throughput: container.throughput,
      ...change,
    };
    const kept = { number, databaseNumber, id, partitionKey, rangeCount: ranges, indexedPaths };
    if (properties["defaultTtl"] !== container.properties["defaultTtl"]) {
      resetExpiry(this.#db, number, properties["defaultTtl"]);
    }
    return this.#putContainer(this.databases.get(container.databaseId)!, {
      ...kept,
      ...stamp,
      properties,
      throughput,
    });
  }

  dropContainer(container: Container): void {
    dropItemTable(this.#db, container.number);
    this.#db.prepare("DELETE FROM unique_keys WHERE container = ?").run(container.number);
    this.#sql.dropContainer.run(container.number);
    this.databases.get(container.databaseId)?.containers.delete(container.id);
  }

  #putContainer(database: Database, record: ContainerRecord): Container {
    const indexes = indexesOf(record.properties["indexingPolicy"]);
    const wanted = indexes.flatMap((index) => index.fields.map((field) => field.path));
    const paths = [...new Set([...record.indexedPaths, ...wanted])];
    addIndexedPaths(this.#db, record.number, paths, record.indexedPaths.length);
    replaceIndexes(this.#db, record.number, paths, indexes);
    const complete = { ...record, indexedPaths: paths };
    this.#sql.putContainer.get(record.number, JSON.stringify(complete));
    return this.#keepContainer(database, complete);
  }

  #keepDatabase(number: number, record: Pick<Database, "id" | "throughput" | "version" | "ts">): Database {
    const { id, throughput, version, ts } = record;
    const database = { number, id, throughput, version, ts, rid: databaseRid(number), containers: new Map() };
    this.databases.set(id, database);
    return database;
  }

  #keepContainer(database: Database, record: ContainerRecord): Container {
    const table = new ItemTable(this.#db, record.number, record.indexedPaths);
    const container = makeContainer(record, database.id, table);
    database.containers.set(record.id, container);
    return container;
  }
}

const alreadyExists = (id: string): Refusal =>
  new Refusal(409, `Entity with the specified id already exists in the system. '${id}'`);
