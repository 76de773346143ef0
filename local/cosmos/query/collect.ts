import type { Value } from "../json.ts";
import { badRequest } from "../refusal.ts";
import type { Query } from "../sql/ast.ts";
import { canonicalText } from "../sql/canonical.ts";
import { compile } from "../sql/evaluate.ts";
import type { Groups } from "../sql/groups.ts";
import { checkValue, startWork } from "../sql/work.ts";
import { sortKey } from "../store/sort-key.ts";
import { eachMatch } from "./each-match.ts";
import { startOf, tokenOf, type QueryPage, type QueryRequest } from "./page.ts";
import { comparePositions, type Directions, type Position } from "./position.ts";
import type { Walk } from "./walk.ts";

/** More distinct results are refused: they are held in memory until the last item is seen. */
const MAX_RESULTS = 200_000;

interface Result extends Position {
  readonly text: string;
}

/**
 * GROUP BY, aggregates and DISTINCT: nothing can be sent before everything is seen. Results come in the order of
 * ORDER BY, then of their own value, so that a token can name the place where a page ended, whatever was written since.
 */
export async function collect(request: QueryRequest, walk: Walk): Promise<QueryPage> {
  const { bound, continuation, pageSize } = request;
  const isGrouped = bound.select.makeGroups !== undefined;
  const order = isGrouped ? [] : bound.query.orderBy.map(({ descending }) => descending);
  const directions: Directions = { keys: [...order, false], newestFirst: false };
  const shape = `collect ${order.length}`;
  const state = startOf(bound, continuation, shape);
  const { results: all, looked } =
    bound.select.makeGroups === undefined
      ? await distinct(request, walk)
      : await grouped(request, walk, bound.select.makeGroups());
  const sorted = all
    .filter((result) => state.after === undefined || comparePositions(result, state.after, directions) > 0)
    .toSorted((a, b) => comparePositions(a, b, directions))
    .slice(state.skip);
  const page = sorted.slice(0, Math.min(pageSize, state.left));
  const left = state.left - page.length;
  const last = page.at(-1);
  const more = last !== undefined && sorted.length > page.length && left > 0;
  return {
    results: page.map(({ text }) => text),
    continuation: more ? tokenOf(shape, { after: last, partial: null, skip: 0, left }) : undefined,
    looked,
  };
}

interface Collected {
  readonly results: readonly Result[];
  readonly looked: number;
}

async function distinct(request: QueryRequest, walk: Walk): Promise<Collected> {
  const { query, select } = request.bound;
  const orderBy = query.orderBy.map(({ expression }) => compile(expression, select.scope));
  const results = new Map<string, Result>();
  const looked = await eachMatch(request, walk.items(undefined), {
    needsDocument: true,
    visit(_item, row) {
      const value = select.project(row);
      checkValue(value);
      if (value === undefined) return true;
      const canonical = canonicalText(value);
      if (results.has(canonical)) return true;
      if (results.size >= MAX_RESULTS)
        throw badRequest(`The query has more than ${MAX_RESULTS} distinct results.`);
      const keys = orderBy.map((evaluate) => sortKey(evaluate(row)));
      results.set(canonical, { keys: [...keys, canonical], seq: 0, text: JSON.stringify(value) });
      return true;
    },
  });
  return { results: [...results.values()], looked };
}

async function grouped(request: QueryRequest, walk: Walk, groups: Groups): Promise<Collected> {
  const { query } = request.bound;
  const looked = await eachMatch(request, walk.items(undefined), {
    needsDocument: !countsOnly(query),
    visit(_item, row) {
      groups.add(row);
      return true;
    },
  });
  startWork();
  const seen = new Set<string>();
  const results = groups.results().flatMap(({ key, value }) => {
    const kept = query.distinct ? keepFirst(seen, value) : value;
    return kept === undefined ? [] : [{ keys: [key], seq: 0, text: JSON.stringify(kept) }];
  });
  return { results, looked };
}

function keepFirst(seen: Set<string>, value: Value): Value {
  if (value === undefined) return undefined;
  const text = canonicalText(value);
  if (seen.has(text)) return undefined;
  seen.add(text);
  return value;
}

/** COUNT(1) and its like: what is in the documents makes no difference. */
function countsOnly({ selection, groupBy }: Query): boolean {
  if (selection.kind === "all" || groupBy.length > 0) return false;
  const selected =
    selection.kind === "value"
      ? [selection.expression]
      : selection.fields.map(({ expression }) => expression);
  return selected.every((node) => node.kind === "aggregate" && node.operand.kind === "literal");
}
