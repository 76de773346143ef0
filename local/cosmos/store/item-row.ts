import type { SQLOutputValue } from "node:sqlite";

/** An item as it is stored: the user's JSON without system properties, and columns for everything else. */
export interface ItemRow {
  /** Source of `_rid`; ascending in the order of creation. */
  readonly seq: number;
  /** Canonical text of the partition key, see `keyText`. */
  readonly pk: string;
  readonly id: string;
  /** Index of the key range. */
  readonly range: number;
  /** Log sequence number: one per transaction, the order of the change feed. */
  readonly lsn: number;
  /** Source of the ETag. */
  readonly version: number;
  /** `_ts`: seconds since the epoch. */
  readonly ts: number;
  /** Seconds since the epoch at which the item is gone, if it has a time to live. */
  readonly expires: number | null;
  readonly body: string;
}

/** What is needed to send an item. */
export type StoredItem = Pick<ItemRow, "seq" | "version" | "ts" | "body">;
/** What is needed to change an item. */
export type CurrentItem = StoredItem & Pick<ItemRow, "expires">;
/** What a change feed sends. */
export type ChangedItem = StoredItem & Pick<ItemRow, "lsn">;

type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/** The tables are STRICT, so the conversions only tell the compiler what SQLite guarantees. */
export const storedItem = (row: SqlRow): StoredItem => ({
  seq: Number(row["seq"]),
  version: Number(row["version"]),
  ts: Number(row["ts"]),
  body: String(row["body"]),
});

export const currentItem = (row: SqlRow): CurrentItem => ({
  ...storedItem(row),
  expires: row["expires"] === null ? null : Number(row["expires"]),
});

export const changedItem = (row: SqlRow): ChangedItem => ({ ...storedItem(row), lsn: Number(row["lsn"]) });

export const isExpired = (item: Pick<ItemRow, "expires">, nowSeconds: number): boolean =>
  item.expires !== null && item.expires <= nowSeconds;
