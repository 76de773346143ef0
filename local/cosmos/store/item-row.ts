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
export type CurrentItem = StoredItem & Pick<ItemRow, "lsn" | "expires" | "range">;

export const isExpired = (item: Pick<ItemRow, "expires">, nowSeconds: number): boolean =>
  item.expires !== null && item.expires <= nowSeconds;
