import { isObject, property, type JsonObject } from "../json.ts";
import type { KeyKind } from "../partition/effective-key.ts";
import { kindOf, splitPath, type KeyDefinition } from "../partition/key.ts";
import { makeRanges, type KeyRange } from "../partition/ranges.ts";
import { compositesOf, type IndexField } from "./index-paths.ts";
import type { IndexRecord } from "./index-table.ts";
import type { ItemTable } from "./item-table.ts";
import { containerRid, databaseRid, itemRids } from "./rids.ts";

/** Provisioned throughput, in request units per second. */
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
  readonly indexes: readonly IndexRecord[];
  /** The number of the next index; numbers are not used again. */
  readonly nextIndex: number;
  /** The default time to live has changed, and not all items know yet. */
  readonly expiryPending: boolean;
  /** The rest of what the client sent: indexing policy, unique keys, default time to live, … */
  readonly properties: JsonObject;
}

/** A container with everything derived that requests need. */
export interface Container extends Omit<ContainerRecord, "indexes"> {
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
  readonly table: ItemTable;
}

export function makeContainer(
  { indexes: _indexes, ...record }: ContainerRecord,
  databaseId: string,
  table: ItemTable,
): Container {
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

/** What is kept of it. */
export function recordOf(container: Container): ContainerRecord {
  const { number, databaseNumber, id, version, ts, partitionKey, rangeCount, throughput } = container;
  const { nextIndex, expiryPending, properties, table } = container;
  const indexes = table.indexes.map(({ record, ready }) => ({ ...record, ready }));
  return {
    number,
    databaseNumber,
    id,
    version,
    ts,
    partitionKey,
    rangeCount,
    throughput,
    nextIndex,
    expiryPending,
    properties,
    indexes,
  };
}
