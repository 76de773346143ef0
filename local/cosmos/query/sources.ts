import type { Container } from "../store/container.ts";
import { storedItem, type StoredItem } from "../store/item-row.ts";
import type { Store } from "../store/store.ts";
import type { IndexChoice } from "./choose-index.ts";
import { isEquality, type PathCondition } from "./conditions.ts";
import { behind, type Position, type PositionColumn } from "./position.ts";
import {
  isPrefix,
  joinConditions,
  rangeConditions,
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
export function indexSource(request: SourceRequest, { index, order }: IndexChoice): Iterable<SourceRow> {
  const { container, scope, after } = request;
  const columnOf = (path: string): string => `x.k${index.fields.findIndex((field) => field.path === path)}`;
  const columns: PositionColumn[] = order.fields.map(({ path, descending }) => ({
    column: columnOf(path),
    descending,
  }));
  const parts = [
    ...request.conditions
      .filter(({ path }) => index.fields.some((field) => field.path === path))
      .map((condition) => pathCondition(condition, columnOf(condition.path))),
    ...scopeConditions(container, scope, true),
    ...common(request),
    ...(after === undefined
      ? []
      : [...seek(columns[0], after.keys[0]), behind(columns, "x.seq", order.newestFirst, after)]),
  ];
  const { sql, values } = joinConditions(parts);
  const keys = columns.map(({ column }, at) => `, ${column} AS s${at}`).join("");
  const sorted = [
    ...columns.map(({ column, descending }) => `${column}${descending ? " DESC" : ""}`),
    order.newestFirst ? "x.seq DESC" : "x.seq",
  ];
  // CROSS JOIN keeps SQLite from turning the order of the two tables around.
  const from = `${index.name} AS x CROSS JOIN ${container.table.name} AS d ON d.seq = x.seq`;
  return rows(
    request.store,
    `SELECT d.seq, d.version, d.ts, d.body${keys} FROM ${from}${sql} ORDER BY ${sorted.join(", ")}`,
    values,
    columns.length,
  );
}

/** The OR of `behind` gives SQLite no place to start from; this does. */
function seek(first: PositionColumn | undefined, key: string | null | undefined): readonly SqlPart[] {
  if (first === undefined || key === null || key === undefined) return [];
  return [{ sql: `${first.column} ${first.descending ? "<=" : ">="} ?`, values: [key] }];
}

/** All items, in the order of creation. */
export function tableSource(request: SourceRequest): Iterable<SourceRow> {
  const { container, scope, after, store } = request;
  const parts = [
    ...(after === undefined ? [] : [{ sql: "seq > ?", values: [after.seq] }]),
    ...scopeConditions(container, scope, true),
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

/** Up to this many items of a partition key are put into the order of creation. */
const MAX_SORTED = 2000;

/**
 * The items of a partition key (or prefix), in the order of creation; undefined when there are too many to list
 * their row numbers for every page. The numbers come from the key index alone, so that no documents are sorted.
 */
export function keySource(request: SourceRequest): Iterable<SourceRow> | undefined {
  const { container, scope, after, store } = request;
  const parts = [
    ...scopeConditions(container, scope, false),
    ...idCondition(request),
    ...(after === undefined ? [] : [{ sql: "seq > ?", values: [after.seq] }]),
  ];
  const { sql, values } = joinConditions(parts);
  const { name } = container.table;
  const listSql = `SELECT seq FROM ${name} INDEXED BY ${name}_key${sql} LIMIT ${MAX_SORTED + 1}`;
  const list = store.readers.borrow(listSql);
  const numbers = list.all(...values).map((row) => Number(row["seq"]));
  store.readers.giveBack(listSql, list);
  if (numbers.length > MAX_SORTED) return undefined;
  return fetchEach(
    request,
    numbers.toSorted((a, b) => a - b),
  );
}

function* fetchEach(
  { container, scope, store }: SourceRequest,
  numbers: readonly number[],
): Iterable<SourceRow> {
  const { sql: alive, values } = joinConditions([
    { sql: "seq = ?", values: [0] },
    ...rangeConditions(container, scope),
    ...unexpired(container, store.nowSeconds()),
  ]);
  const getSql = `SELECT ${ITEM_COLUMNS} FROM ${container.table.name}${alive}`;
  const get = store.readers.borrow(getSql);
  try {
    for (const seq of numbers) {
      const row = get.get(seq, ...values.slice(1));
      if (row !== undefined) yield { ...storedItem(row), keys: [] };
    }
  } finally {
    store.readers.giveBack(getSql, get);
  }
}

/** The items of a partition key (or prefix) by key and id, the way they lie in the key index. */
export function idSource(request: SourceRequest): Iterable<SourceRow> {
  const { container, scope, after, store } = request;
  const [pk, id] = after?.keys ?? [];
  const parts = [
    ...scopeConditions(container, scope, false),
    ...idCondition(request),
    ...common(request),
    ...(typeof pk === "string" && typeof id === "string"
      ? [{ sql: "(pk, id) > (?, ?)", values: [pk, id] }]
      : []),
  ];
  const { sql, values } = joinConditions(parts);
  const { name } = container.table;
  return rows(
    store,
    `SELECT ${ITEM_COLUMNS}, pk AS s0, id AS s1 FROM ${name} INDEXED BY ${name}_key${sql} ORDER BY pk, id`,
    values,
    2,
  );
}

export const hasKeyScope = (container: Container, scope: ItemScope): boolean =>
  scope.key !== undefined && (scope.key.length > 0 || !isPrefix(container, scope.key));

const common = ({ container, store }: SourceRequest): readonly SqlPart[] =>
  unexpired(container, store.nowSeconds());

function pathCondition(condition: PathCondition, column: string): SqlPart {
  if (isEquality(condition)) return { sql: `${column} = ?`, values: [condition.from] };
  const lower = condition.fromIncluded ? ">=" : ">";
  const upper = condition.toIncluded ? "<=" : "<";
  return { sql: `${column} ${lower} ? AND ${column} ${upper} ?`, values: [condition.from, condition.to] };
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
        const key = row[`s${index}`];
        keys.push(typeof key === "string" ? key : null);
      }
      yield { ...storedItem(row), keys };
    }
  } finally {
    // Leaving the loop early resets the statement, too.
    store.readers.giveBack(sql, statement);
  }
}
