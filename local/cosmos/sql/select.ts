import type { Json, Value } from "../json.ts";
import { makeGroups, type Groups } from "./groups.ts";
import type { Expression, Query, Source } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { compile, type Evaluate, type Row, type Scope } from "./evaluate.ts";
import { invalidQuery, unsupportedQuery } from "./query-error.ts";
import { checkValue, spend } from "./work.ts";

/** The scope of a query before its FROM. `alias`, if given, is a name of the document already. */
export function makeScope(
  parameters: ReadonlyMap<string, Value> = new Map(),
  nowMs = 0,
  alias?: string,
): Scope {
  const names = new Map(alias === undefined ? [] : [[alias, 0] as const]);
  return { names, parameters, frame: { slots: 1 }, nowMs, subquery: compileSubquery };
}

/** A query as functions of a row; the row is changed in place when a JOIN goes on to its next element. */
export interface Select {
  /** With all names of FROM and JOIN; for what else is compiled over the same rows. */
  readonly scope: Scope;
  /** Undefined: every document is one row. Otherwise all rows of a document, before WHERE. */
  readonly expand: ((row: Row) => Iterable<Row>) | undefined;
  readonly where: Evaluate | undefined;
  /** Present when the results are made of groups (GROUP BY, or aggregates: one group) and not of rows. */
  readonly makeGroups: (() => Groups) | undefined;
  /** The result of one row. Not to be called when there are groups. */
  readonly project: Evaluate;
}

/** `outermost`: the first name of FROM is the container, whatever it is called. */
export function compileSelect(query: Query, scope: Scope, outermost: boolean): Select {
  const { names, expand } = compileSources(query.sources, scope, outermost);
  const inner: Scope = { ...scope, names };
  const where = query.where === undefined ? undefined : compile(query.where, inner);
  const selected = selectedExpression(query);
  const grouped = query.aggregated || query.groupBy.length > 0;
  return {
    scope: inner,
    expand,
    where,
    makeGroups: grouped ? () => makeGroups(query, selected, inner) : undefined,
    project: grouped ? () => undefined : compile(selected, inner),
  };
}

/** The selection as one expression: what SELECT VALUE would name. */
export function selectedExpression(query: Query): Expression {
  const { selection, sources } = query;
  if (selection.kind === "value") return selection.expression;
  if (selection.kind === "all") return { kind: "name", name: sources[0]!.alias, start: 0, end: 0 };
  const members = selection.fields.map(({ alias, expression }) => ({ name: alias, value: expression }));
  return { kind: "object", members, start: 0, end: 0 };
}

type Bind = (row: Row) => Iterable<Value>;

function compileSources(
  sources: readonly Source[],
  scope: Scope,
  outermost: boolean,
): { readonly names: ReadonlyMap<string, number>; readonly expand: Select["expand"] } {
  const names = new Map(scope.names);
  const steps: { readonly slot: number; readonly values: Bind }[] = [];
  for (const [index, source] of sources.entries()) {
    const first = outermost && index === 0;
    if (first && source.kind === "path" && !source.each && source.path.kind === "name") {
      names.set(source.alias, 0);
      continue;
    }
    if (first && source.kind === "path") names.set(rootName(source.path), 0);
    const values = compileSource(source, { ...scope, names: new Map(names) }, first);
    const slot = scope.frame.slots++;
    names.set(source.alias, slot);
    steps.push({ slot, values });
  }
  if (steps.length === 0) return { names, expand: outermost ? undefined : (row) => [row] };
  function* expandFrom(row: Row, depth: number): Generator<Row> {
    const step = steps[depth];
    if (step === undefined) {
      yield row;
      return;
    }
    for (const value of step.values(row)) {
      spend(1);
      row[step.slot] = value;
      yield* expandFrom(row, depth + 1);
    }
  }
  return { names, expand: (row) => expandFrom(row, 0) };
}

/** `FROM t IN c.tags`: the first name of the path stands for the container. */
function rootName(path: Expression): string {
  let at = path;
  while (at.kind === "member") at = at.object;
  return at.kind === "name" ? at.name : "";
}

function compileSource(source: Source, scope: Scope, outermost: boolean): Bind {
  if (source.kind === "path") {
    const path = compile(source.path, scope);
    if (source.each) return (row) => elements(path(row));
    return (row) => defined(path(row));
  }
  if (outermost) requireRowByRow(source.query);
  const results = compileResults(source.query, scope, outermost);
  if (!source.each) return results;
  return function* eachElement(row) {
    for (const result of results(row)) yield* elements(result);
  };
}

const elements = (value: Value): Iterable<Json> => (Array.isArray(value) ? value : []);
const defined = (value: Value): Iterable<Json> => (value === undefined ? [] : [value]);

/** A query over the container inside FROM is evaluated item by item, which these are not. */
function requireRowByRow({ distinct, aggregated, groupBy, top, limit, sources }: Query): void {
  if (distinct || aggregated || groupBy.length > 0 || top !== undefined || limit !== undefined) {
    throw unsupportedQuery(
      "DISTINCT, TOP, LIMIT, GROUP BY or an aggregate in the query that FROM begins with",
    );
  }
  for (const source of sources.slice(0, 1)) if (source.kind === "query") requireRowByRow(source.query);
}

const compileSubquery = (query: Query, scope: Scope): ((row: Row) => Iterable<Json>) =>
  compileResults(query, scope, false);

/** All results of a query inside another one; those that are undefined are left out. */
function compileResults(query: Query, scope: Scope, outermost: boolean): (row: Row) => Iterable<Json> {
  for (const { expression } of query.orderBy.slice(0, 1)) {
    throw invalidQuery("'ORDER BY' is not supported in subqueries.", expression);
  }
  const select = compileSelect(query, scope, outermost);
  const offset = countOf(query.offset, scope) ?? 0;
  const limit = countOf(query.top ?? query.limit, scope) ?? Infinity;
  return function* results(row) {
    let skip = offset;
    let left = limit;
    const seen = query.distinct ? new Set<string>() : undefined;
    for (const value of left > 0 ? resultsOf(select, row) : []) {
      checkValue(value);
      if (value === undefined || (seen !== undefined && isKnown(seen, value))) continue;
      if (skip-- > 0) continue;
      yield value;
      if (--left <= 0) return;
    }
  };
}

function isKnown(seen: Set<string>, value: Json): boolean {
  const text = canonicalText(value);
  if (seen.has(text)) return true;
  seen.add(text);
  return false;
}

/** The results for one document, in one go; undefined ones included. */
export function* resultsOf(select: Select, row: Row): Generator<Value> {
  const groups = select.makeGroups?.();
  for (const bound of select.expand === undefined ? [row] : select.expand(row)) {
    spend(1);
    if (select.where !== undefined && select.where(bound) !== true) continue;
    if (groups === undefined) yield select.project(bound);
    else groups.add(bound);
  }
  if (groups !== undefined) for (const group of groups.results()) yield group.value;
}

/** The number behind TOP, OFFSET or LIMIT. */
export function countOf(expression: Expression | undefined, scope: Scope): number | undefined {
  if (expression === undefined) return undefined;
  const value = compile(expression, scope)([]);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw invalidQuery("TOP, OFFSET and LIMIT take a whole number from 0.", expression);
  }
  return value;
}

export const isWholeDocument = (query: Query): boolean => {
  const { selection, alias, sources } = query;
  if (alias === undefined || sources.length !== 1) return false;
  if (selection.kind === "all") return true;
  return (
    selection.kind === "value" && selection.expression.kind === "name" && selection.expression.name === alias
  );
};
