import type { Row } from "../sql/evaluate.ts";
import { collect } from "./collect.ts";
import { eachMatch } from "./each-match.ts";
import { makeWriter, startOf, tokenOf, type PageStart, type QueryPage, type QueryRequest } from "./page.ts";
import type { Continuation } from "./position.ts";
import { runSorted } from "./run-sorted.ts";
import type { SourceRow } from "./sources.ts";
import { planWalk, type Walk } from "./walk.ts";

const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
/** A page that is still being searched for after this long is sent as far as it got; the client goes on. */
const PAGE_BUDGET_MS = 1000;

/** Looking at more items than this, and at this many for every result, is worth an index. */
const SCAN_ITEMS = 1000;
const ITEMS_PER_RESULT = 10;

export async function runQuery(request: QueryRequest): Promise<QueryPage> {
  const { store, container, scope, bound, continuation } = request;
  const walk = planWalk(store, container, scope, bound, continuation);
  const page = await runWalk(request, walk);
  const { looked, results } = page;
  if (walk.wish !== undefined && looked > SCAN_ITEMS && looked > ITEMS_PER_RESULT * results.length) {
    store.wish(container, walk.wish);
  }
  return page;
}

async function runWalk(request: QueryRequest, walk: Walk): Promise<QueryPage> {
  const { bound, continuation } = request;
  if (bound.query.distinct || bound.select.makeGroups !== undefined) return collect(request, walk);
  const state = startOf(bound, continuation, walk.shape);
  if (state.left === 0) return { results: [], continuation: undefined, looked: 0 };
  return walk.sortBy.length > 0 ? runSorted(request, walk, state) : runStream(request, walk, state);
}

/** Results in the order of the walk. */
async function runStream(request: QueryRequest, walk: Walk, state: PageStart): Promise<QueryPage> {
  const { pageSize } = request;
  const { needsDocument, write } = makeWriter(request);
  const joined = request.bound.select.expand !== undefined;
  const results: string[] = [];
  let { skip, left, after } = state;
  let characters = 0;
  let continuation: string | undefined;
  let current: SourceRow | undefined;
  const stopAt = (partial: Continuation["partial"]): false => {
    continuation = tokenOf(walk.shape, { after, partial, skip, left });
    return false;
  };
  const isFull = (): boolean => results.length >= pageSize || characters >= MAX_PAGE_CHARACTERS;
  const visit = (item: SourceRow, row: Row, index: number): boolean => {
    if (current !== item) {
      after = current ?? after;
      current = item;
    }
    if (state.partial?.seq === item.seq && index < state.partial.rows) return true;
    if (skip > 0) {
      skip--;
      return true;
    }
    // Full already: this row begins the next page.
    if (isFull()) return stopAt({ seq: item.seq, rows: index });
    const text = write(item, row);
    left--;
    if (text !== undefined) {
      results.push(text);
      characters += text.length;
    }
    if (left === 0) return false;
    // Where every item is one row there is no need to look for the next one first.
    if (joined || !isFull()) return true;
    after = item;
    return stopAt(null);
  };
  const onTurn = (item: SourceRow, elapsedMs: number): boolean => {
    if (elapsedMs < PAGE_BUDGET_MS) return true;
    after = item;
    return stopAt(null);
  };
  const looked = await eachMatch(request, walk.items(state.after), { needsDocument, visit, onTurn });
  return { results, continuation, looked };
}
