import type { Container } from "../store/container.ts";
import { storedItem, type StoredItem } from "../store/item-row.ts";
import type { Store } from "../store/store.ts";
import type { IndexChoice } from "./choose-index.ts";
import { isEquality, type PathCondition } from "./conditions.ts";
import { behind, type Position, type PositionColumn } from "./position.ts";
import {
  isPrefix,
  joinConditions,
  scopeConditions,
  unexpired,
  type ItemScope,
  type SqlPart,
} from "./scope.ts";

/** An item with its place in the order of its source. */
export interface SourceRow extends StoredItem, Position {}

export interface SourceRequest {
  readonly store: Store;
  readonly container: Container;
  readonly scope: ItemScope;
  readonly conditions: readonly PathCondition[];
  readonly after: Position | undefined;
}

const ITEM_COLUMNS = "seq, version, ts, body";

/** Items along an index, in the order of `choice.order`, then of creation. */
export function indexSource(request: SourceRequest, choice: IndexChoice): Iterable<SourceRow> {
  const { container, scope, after } = request;
  const { fields, newestFirst } = choice.order;
  const columns: PositionColumn[] = fields.map(({ path, descending }) => ({
    column: columnOf(container, path)!,
    descending,
  }));
  const parts = [
    ...pathConditions(request),
    ...scopeConditions(container, scope, true),
    ...common(request),
    ...(after === undefined ? [] : [...seek(columns[0], after.keys[0]), behind(columns, newestFirst, after)]),
  ];
  const { sql, values } = joinConditions(parts);
  const keys = columns.map(({ column }, index) => `, ${column} AS k${index}`).join("");
  const order = [
    ...columns.map(({ column, descending }) => `${column}${descending ? " DESC" : ""}`),
    newestFirst ? "seq DESC" : "seq",
  ];
  const { name } = container.table;
  return rows(
    request.store,
    `SELECT ${ITEM_COLUMNS}${keys} FROM ${name} INDEXED BY ${name}_i${choice.number}${sql} ORDER BY ${order.join(", ")}`,
    values,
    columns.length,
  );
}

/** The OR of `behind` gives SQLite no place to start from; this does. */
function seek(first: PositionColumn | undefined, key: string | null | undefined): readonly SqlPart[] {
  if (first === undefined || key === null || key === undefined || first.descending) return [];
  return [{ sql: `${first.column} >= ?`, values: [key] }];
}

/** All items, in the order of creation. */
export function tableSource(request: SourceRequest): Iterable<SourceRow> {
  const { container, scope, after, store } = request;
  const parts = [
    ...(after === undefined ? [] : [{ sql: "seq > ?", values: [after.seq] }]),
    ...scopeConditions(container, scope, true),
    ...idCondition(request),
    ...common(request),
  ];
  const { sql, values } = joinConditions(parts);
  return rows(
    store,
    `SELECT ${ITEM_COLUMNS} FROM ${container.table.name} NOT INDEXED${sql} ORDER BY seq`,
    values,
    0,
  );
}

/**
 * The items of a partition key (or prefix), in the order of creation. Their row numbers come from the key index
 * alone and are sorted here, so that a page of a large partition does not sort whole documents.
 */
export function* keySource(request: SourceRequest): Iterable<SourceRow> {
  const { container, scope, after, store } = request;
  const parts = [
    ...scopeConditions(container, scope, false),
    ...idCondition(request),
    ...(after === undefined ? [] : [{ sql: "seq > ?", values: [after.seq] }]),
  ];
  const { sql, values } = joinConditions(parts);
  const { name } = container.table;
  const listSql = `SELECT seq FROM ${name} INDEXED BY ${name}_key${sql}`;
  const list = store.readers.borrow(listSql);
  const numbers = list.all(...values).map((row) => Number(row["seq"]));
  store.readers.giveBack(listSql, list);
  numbers.sort((a, b) => a - b);

  const { sql: alive, values: aliveValues } = joinConditions([
    { sql: "seq = ?", values: [0] },
    ...(container.ranges.length > 1 && scope.range !== undefined
      ? [{ sql: "range = ?", values: [scope.range] }]
      : []),
    ...common(request),
  ]);
  const getSql = `SELECT ${ITEM_COLUMNS} FROM ${name}${alive}`;
  const get = store.readers.borrow(getSql);
  try {
    for (const seq of numbers) {
      const row = get.get(seq, ...aliveValues.slice(1));
      if (row !== undefined) yield { ...storedItem(row), keys: [] };
    }
  } finally {
    store.readers.giveBack(getSql, get);
  }
}

export const columnOf = (container: Container, path: string): string | undefined =>
  container.table.indexedPaths.find((indexed) => indexed.path === path)?.column;

export const hasKeyScope = (container: Container, scope: ItemScope): boolean =>
  scope.key !== undefined && (scope.key.length > 0 || !isPrefix(container, scope.key));

const common = ({ container, store }: SourceRequest): readonly SqlPart[] =>
  unexpired(container, store.nowSeconds());

function pathConditions({ container, conditions }: SourceRequest): readonly SqlPart[] {
  return conditions.flatMap((condition) => {
    const column = columnOf(container, condition.path);
    if (column === undefined) return [];
    if (isEquality(condition)) return [{ sql: `${column} = ?`, values: [condition.from] }];
    const lower = condition.fromIncluded ? ">=" : ">";
    const upper = condition.toIncluded ? "<=" : "<";
    return [{ sql: `${column} ${lower} ? AND ${column} ${upper} ?`, values: [condition.from, condition.to] }];
  });
}

/** `id` is a column of its own; an equality on it spares reading the documents. */
function idCondition({ conditions }: SourceRequest): readonly SqlPart[] {
  const condition = conditions.find(({ path }) => path === "/id");
  if (condition === undefined || !isEquality(condition) || !condition.from.startsWith("5")) return [];
  return [{ sql: "id = ?", values: [condition.from.slice(1)] }];
}

function* rows(
  store: Store,
  sql: string,
  values: readonly (string | number)[],
  keyCount: number,
): Iterable<SourceRow> {
  const statement = store.readers.borrow(sql);
  try {
    for (const row of statement.iterate(...values)) {
      const keys: (string | null)[] = [];
      for (let index = 0; index < keyCount; index++) {
        const key = row[`k${index}`];
        keys.push(typeof key === "string" ? key : null);
      }
      yield { ...storedItem(row), keys };
    }
  } finally {
    // Leaving the loop early resets the statement, too.
    store.readers.giveBack(sql, statement);
  }
}
