import type { Container } from "../store/container.ts";
import { changedItem, type ChangedItem } from "../store/item-row.ts";
import type { Store } from "../store/store.ts";
import { joinConditions, scopeConditions, unexpired, type ItemScope } from "./scope.ts";

export type FeedStart =
  | { readonly kind: "after"; readonly position: number }
  | { readonly kind: "now" }
  | { readonly kind: "time"; readonly seconds: number };

export interface FeedPage {
  readonly items: readonly ChangedItem[];
  /** Log sequence number to go on behind. */
  readonly position: number;
}

/**
 * The latest version of every item changed behind a position, in the order of the changes. The items of one
 * transaction share a log sequence number and are never split over two pages, even if that exceeds `pageSize`.
 */
export function readChanges(
  store: Store,
  container: Container,
  scope: ItemScope,
  start: FeedStart,
  pageSize: number,
): FeedPage {
  if (start.kind === "now") return { items: [], position: newest(store, container) };
  const from = start.kind === "after" ? start.position : 0;
  const base = [
    ...scopeConditions(container, scope, true),
    ...unexpired(container, store.nowSeconds()),
    ...(start.kind === "time" ? [{ sql: "ts >= ?", values: [start.seconds] }] : []),
  ];
  const first = select(store, container, [{ sql: "lsn > ?", values: [from] }, ...base], pageSize);
  const last = first.at(-1);
  if (last === undefined) return { items: [], position: Math.max(from, newest(store, container)) };
  if (first.length < pageSize) return { items: first, position: last.lsn };
  const rest = [{ sql: "lsn = ?", values: [last.lsn] }, { sql: "seq > ?", values: [last.seq] }, ...base];
  return { items: [...first, ...select(store, container, rest, -1)], position: last.lsn };
}

function select(
  store: Store,
  container: Container,
  conditions: Parameters<typeof joinConditions>[0],
  limit: number,
): readonly ChangedItem[] {
  const { name } = container.table;
  const { sql, values } = joinConditions(conditions);
  const text = `SELECT seq, version, ts, lsn, body FROM ${name} INDEXED BY ${name}_lsn${sql} ORDER BY lsn, seq LIMIT ?`;
  const statement = store.readers.borrow(text);
  const rows = statement.all(...values, limit).map(changedItem);
  store.readers.giveBack(text, statement);
  return rows;
}

/** The newest change that is committed: what an uncommitted transaction will get lies behind it. */
function newest(store: Store, container: Container): number {
  const { name } = container.table;
  const text = `SELECT max(lsn) AS lsn FROM ${name}`;
  const statement = store.readers.borrow(text);
  const row = statement.get();
  store.readers.giveBack(text, statement);
  return Number(row?.["lsn"] ?? 0);
}
