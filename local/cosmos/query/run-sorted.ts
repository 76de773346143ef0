import { itemDocument } from "../items/item-text.ts";
import type { Row } from "../sql/evaluate.ts";
import { startWork } from "../sql/work.ts";
import { sortKey } from "../store/sort-key.ts";
import { eachMatch } from "./each-match.ts";
import { makeWriter, tokenOf, type PageStart, type QueryPage, type QueryRequest } from "./page.ts";
import type { SourceRow } from "./sources.ts";
import { TopRows } from "./top-rows.ts";
import type { Walk } from "./walk.ts";

/** Looks at everything, and keeps the first results of the order behind the place where the last page ended. */
export async function runSorted(request: QueryRequest, walk: Walk, state: PageStart): Promise<QueryPage> {
  const wanted = Math.min(request.pageSize, state.left);
  // One more than is sent tells whether there is a next page.
  const top = new TopRows(walk.directions, state.skip + wanted + 1, state.after);
  const looked = await eachMatch(request, walk.items(undefined), {
    needsDocument: true,
    visit(item, row, index) {
      top.add({ ...item, keys: walk.sortBy.map((evaluate) => sortKey(evaluate(row))), row: index });
      return true;
    },
  });
  const rows = top.rows().slice(state.skip);
  const page = rows.slice(0, wanted);
  const { write } = makeWriter(request);
  startWork();
  const results = page.map((item) => write(item, rowOf(request, item))).filter((text) => text !== undefined);
  const left = state.left - page.length;
  const last = page.at(-1);
  const more = rows.length > page.length && left > 0 && last !== undefined;
  return {
    results,
    continuation: more ? tokenOf(walk.shape, { after: last, partial: null, skip: 0, left }) : undefined,
    looked,
  };
}

/** The row again: cheaper than keeping the rows of all that might have come first. */
function rowOf({ container, bound }: QueryRequest, item: SourceRow): Row {
  const document = itemDocument(container, item);
  const { expand } = bound.select;
  if (expand === undefined) return [document];
  let index = 0;
  for (const row of expand([document])) if (index++ === (item.row ?? 0)) return row;
  return [document];
}
