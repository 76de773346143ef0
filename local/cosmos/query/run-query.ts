import type { Json } from "../json.ts";
import { itemDocument, itemText } from "../items/item-text.ts";
import type { Container } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import { compile } from "../sql/evaluate.ts";
import { sortKey } from "../store/sort-key.ts";
import { readToken, writeToken, type Continuation, type Position } from "./position.ts";
import type { BoundQuery } from "./query-text.ts";
import type { ItemScope } from "./scope.ts";
import { makeAggregateProjection, makeProjection } from "./selection.ts";
import { TopRows } from "./top-rows.ts";
import { TurnTaker } from "./turn-taker.ts";
import { planWalk, type Walk } from "./walk.ts";
import type { SourceRow } from "./sources.ts";

export interface QueryRequest {
  readonly store: Store;
  readonly container: Container;
  readonly scope: ItemScope;
  readonly bound: BoundQuery;
  readonly pageSize: number;
  readonly continuation: string | undefined;
}

export interface QueryPage {
  /** JSON texts. */
  readonly results: readonly string[];
  readonly continuation: string | undefined;
}

const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
/** A page that is still being searched for after this long is sent as far as it got; the client goes on. */
const PAGE_BUDGET_MS = 1000;

export async function runQuery(request: QueryRequest): Promise<QueryPage> {
  const { store, container, scope, bound } = request;
  const walk = planWalk(store, container, scope, bound);
  if (bound.query.aggregated) return runAggregate(request, walk);
  const state = startOf(request, walk);
  if (state.left === 0) return { results: [], continuation: undefined };
  return walk.sortBy.length > 0 ? runSorted(request, walk, state) : runStream(request, walk, state);
}

interface State {
  readonly after: Position | undefined;
  readonly skip: number;
  /** How many results may still follow; Infinity without a limit. */
  readonly left: number;
}

function startOf({ continuation, bound }: QueryRequest, walk: Walk): State {
  if (continuation === undefined) {
    return { after: undefined, skip: bound.offset, left: bound.limit ?? Infinity };
  }
  const { position, skip, left } = readToken(continuation, walk.shape);
  return { after: position, skip, left: left ?? Infinity };
}

function tokenAt(walk: Walk, row: Position, skip: number, left: number): string {
  const position = { keys: row.keys, seq: row.seq };
  const continuation: Continuation = {
    shape: walk.shape,
    position,
    skip,
    left: left === Infinity ? null : left,
  };
  return writeToken(continuation);
}

/** Calls `visit` for every item that the WHERE clause lets through, until it returns false. */
async function eachMatch(
  { container, bound }: QueryRequest,
  items: Iterable<SourceRow>,
  visit: (row: SourceRow, document: Json | undefined) => boolean,
  needDocument: boolean,
  onTurn?: (row: SourceRow, turns: TurnTaker) => boolean,
): Promise<void> {
  const { where } = bound.query;
  const test = where === undefined ? undefined : compile(where, bound.scope);
  const turns = new TurnTaker();
  for (const row of items) {
    const document = needDocument || test !== undefined ? itemDocument(container, row) : undefined;
    const matches = test === undefined || test(document!) === true;
    if (matches && !visit(row, document)) return;
    if (turns.due()) {
      await turns.turn();
      if (onTurn !== undefined && !onTurn(row, turns)) return;
    }
  }
}

async function runStream(request: QueryRequest, walk: Walk, state: State): Promise<QueryPage> {
  const { container, bound, pageSize } = request;
  const projection = makeProjection(bound.query, bound.scope);
  const results: string[] = [];
  let { skip, left } = state;
  let characters = 0;
  let continuation: string | undefined;
  const visit = (row: SourceRow, document: Json | undefined): boolean => {
    if (skip > 0) {
      skip--;
      return true;
    }
    const text = projection.whole ? itemText(container, row) : projection.toText(document!);
    left--;
    if (text !== undefined) {
      results.push(text);
      characters += text.length;
    }
    if (left === 0) return false;
    if (results.length < pageSize && characters < MAX_PAGE_CHARACTERS) return true;
    continuation = tokenAt(walk, row, skip, left);
    return false;
  };
  const onTurn = (row: SourceRow, turns: TurnTaker): boolean => {
    if (turns.elapsedMs < PAGE_BUDGET_MS) return true;
    continuation = tokenAt(walk, row, skip, left);
    return false;
  };
  await eachMatch(request, walk.items(state.after), visit, !projection.whole, onTurn);
  return { results, continuation };
}

async function runSorted(request: QueryRequest, walk: Walk, state: State): Promise<QueryPage> {
  const { container, bound, pageSize } = request;
  const projection = makeProjection(bound.query, bound.scope);
  const wanted = Math.min(pageSize, state.left);
  // One more than is sent tells whether there is a next page.
  const top = new TopRows(walk.directions, state.skip + wanted + 1, state.after);
  await eachMatch(
    request,
    walk.items(undefined),
    (row, document) => {
      const keys = walk.sortBy.map((evaluate) => sortKey(evaluate(document!)));
      top.add({ ...row, keys });
      return true;
    },
    true,
  );
  const rows = top.rows().slice(state.skip);
  const page = rows.slice(0, wanted);
  const results = page
    .map((row) =>
      projection.whole ? itemText(container, row) : projection.toText(itemDocument(container, row)),
    )
    .filter((text) => text !== undefined);
  const left = state.left - page.length;
  const last = page.at(-1);
  const more = rows.length > page.length && left > 0 && last !== undefined;
  return { results, continuation: more ? tokenAt(walk, last, 0, left) : undefined };
}

async function runAggregate(request: QueryRequest, walk: Walk): Promise<QueryPage> {
  const { bound } = request;
  const projection = makeAggregateProjection(bound.query, bound.scope);
  const add = (_row: SourceRow, document: Json | undefined): boolean => {
    projection.add(document!);
    return true;
  };
  await eachMatch(request, walk.items(undefined), add, true);
  const text = projection.toText();
  const kept = bound.offset > 0 || bound.limit === 0 || text === undefined ? [] : [text];
  return { results: kept, continuation: undefined };
}
