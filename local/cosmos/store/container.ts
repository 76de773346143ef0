import { isObject, property, type JsonObject } from "../json.ts";
import type { KeyKind } from "../partition/effective-key.ts";
import { kindOf, splitPath, type KeyDefinition } from "../partition/key.ts";
import { makeRanges, type KeyRange } from "../partition/ranges.ts";
import { compositesOf, indexesOf, type IndexField, type ItemIndex } from "./index-paths.ts";
import type { ItemTable } from "./item-table.ts";
import { containerRid, databaseRid, itemRids } from "./rids.ts";

/** Provisioned throughput; answers offers, otherwise without effect. */
export interface Throughput {
  readonly manual?: number;
  readonly autoscaleMax?: number;
}

export interface Database {
  readonly number: number;
  readonly id: string;
  readonly rid: string;
  readonly version: number;
  readonly ts: number;
  readonly throughput: Throughput | undefined;
  readonly containers: Map<string, Container>;
}

/** What is kept of a container in the catalogue. */
export interface ContainerRecord {
  readonly number: number;
  readonly databaseNumber: number;
  readonly id: string;
  readonly version: number;
  readonly ts: number;
  readonly partitionKey: KeyDefinition;
  readonly rangeCount: number;
  readonly throughput: Throughput | undefined;
  /** In the order of the table's columns `p0`, `p1`, …; only ever grows. */
  readonly indexedPaths: readonly string[];
  /** The rest of what the client sent: indexing policy, unique keys, default time to live, … */
  readonly properties: JsonObject;
}

/** A container with everything derived that requests need. */
export interface Container extends ContainerRecord {
  readonly databaseId: string;
  readonly rid: string;
  /** `dbs/…/colls/…/`, the base of every item's `_self`. */
  readonly self: string;
  readonly ridOf: (seq: number) => string;
  readonly kind: KeyKind;
  readonly keyPaths: readonly (readonly string[])[];
  readonly ranges: readonly KeyRange[];
  readonly uniqueKeys: readonly (readonly (readonly string[])[])[];
  /** Seconds; -1 = items expire only by their own `ttl`; undefined = nothing expires. */
  readonly defaultTtl: number | undefined;
  readonly composites: readonly (readonly IndexField[])[];
  /** In the order of the table's `docs_<n>_i<k>`. */
  readonly indexes: readonly ItemIndex[];
  readonly table: ItemTable;
}

export function makeContainer(record: ContainerRecord, databaseId: string, table: ItemTable): Container {
  const { number, databaseNumber, partitionKey, properties } = record;
  const rid = containerRid(databaseNumber, number);
  const kind = kindOf(partitionKey);
  const ttl = properties["defaultTtl"];
  const policy = properties["indexingPolicy"];
  return {
    ...record,
    databaseId,
    rid,
    self: `dbs/${databaseRid(databaseNumber)}/colls/${rid}/`,
    ridOf: itemRids(databaseNumber, number),
    kind,
    keyPaths: partitionKey.paths.map(splitPath),
    ranges: makeRanges(kind, record.rangeCount),
    uniqueKeys: uniqueKeysOf(properties),
    defaultTtl: typeof ttl === "number" ? ttl : undefined,
    composites: isObject(policy) ? compositesOf(policy) : [],
    indexes: indexesOf(policy),
    table,
  };
}

/** The shape was checked when the container was created. */
function uniqueKeysOf(properties: JsonObject): Container["uniqueKeys"] {
  const keys = property(properties["uniqueKeyPolicy"], "uniqueKeys");
  if (!Array.isArray(keys)) return [];
  return keys.map((key) => {
    const paths = property(key, "paths");
    return Array.isArray(paths) ? paths.map((path) => splitPath(String(path))) : [];
  });
}
