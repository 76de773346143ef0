import type { Container } from "../store/container.ts";
import { changedItem, type ChangedItem } from "../store/item-row.ts";
import type { Store } from "../store/store.ts";
import { requireContainer } from "./each-match.ts";
import { joinConditions, scopeConditions, unexpired, type ItemScope } from "./scope.ts";
import { TurnTaker } from "./turn-taker.ts";

export type FeedStart =
  | { readonly kind: "after"; readonly position: number }
  | { readonly kind: "now" }
  | { readonly kind: "time"; readonly seconds: number };

export interface FeedPage {
  readonly items: readonly ChangedItem[];
  /** Log sequence number to go on behind. */
  readonly position: number;
}

/** Changes looked at in one go; a narrow scope may want only a few of them. */
const CHUNK = 2000;

/**
 * The latest version of every item changed behind a position, in the order of the changes. The items of one
 * transaction share a log sequence number and are never split over two pages, even if that exceeds `pageSize`.
 */
export async function readChanges(
  store: Store,
  container: Container,
  scope: ItemScope,
  start: FeedStart,
  pageSize: number,
): Promise<FeedPage> {
  if (start.kind === "now") return { items: [], position: newest(store, container) };
  const base = [
    ...scopeConditions(container, scope, true),
    ...unexpired(container, store.nowSeconds()),
    ...(start.kind === "time" ? [{ sql: "ts >= ?", values: [start.seconds] }] : []),
  ];
  const turns = new TurnTaker();
  let position = start.kind === "after" ? start.position : 0;
  for (;;) {
    const chunkEnd = endOfChunk(store, container, position);
    const within = [
      { sql: "lsn > ?", values: [position] },
      ...(chunkEnd === undefined ? [] : [{ sql: "lsn <= ?", values: [chunkEnd] }]),
    ];
    const items = select(store, container, [...within, ...base], pageSize);
    const last = items.at(-1);
    if (last !== undefined && items.length >= pageSize) {
      const rest = [{ sql: "lsn = ?", values: [last.lsn] }, { sql: "seq > ?", values: [last.seq] }, ...base];
      return { items: [...items, ...select(store, container, rest, -1)], position: last.lsn };
    }
    // Nothing can have been committed since the look: there was no turn of the event loop.
    position = Math.max(position, chunkEnd ?? newest(store, container));
    if (items.length > 0 || chunkEnd === undefined) return { items, position };
    if (turns.due()) await turns.turn();
    requireContainer(container);
  }
}

/** The log sequence number up to which `CHUNK` changes lie behind a position; undefined if there are fewer. */
function endOfChunk(store: Store, container: Container, position: number): number | undefined {
  const { name } = container.table;
  const text = `SELECT lsn FROM ${name} INDEXED BY ${name}_lsn WHERE lsn > ? ORDER BY lsn LIMIT 1 OFFSET ${CHUNK}`;
  const statement = store.readers.borrow(text);
  const row = statement.get(position);
  store.readers.giveBack(text, statement);
  return row === undefined ? undefined : Number(row["lsn"]);
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
