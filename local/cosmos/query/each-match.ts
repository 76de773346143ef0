import type { Json } from "../json.ts";
import { itemDocument } from "../items/item-text.ts";
import { notFound, Refusal, SubStatus } from "../refusal.ts";
import type { Evaluate, Row } from "../sql/evaluate.ts";
import { startWork } from "../sql/work.ts";
import type { Container } from "../store/container.ts";
import type { SourceRow } from "./sources.ts";
import type { QueryRequest } from "./page.ts";
import { TurnTaker } from "./turn-taker.ts";

/** What is done with the rows that the WHERE clause lets through. */
export interface Visitor {
  /** False: the row does not need the document's members, and nothing else does. */
  readonly needsDocument: boolean;
  /** `index` counts the rows of one item. False ends the walk. */
  visit(item: SourceRow, row: Row, index: number): boolean;
  /** Called between items when others had their turn; false ends the walk behind this item. */
  onTurn?(item: SourceRow, elapsedMs: number): boolean;
}

/** A query that finds no end by then is given up; clients stop waiting at a minute. */
const QUERY_BUDGET_MS = 45_000;

/** Throws if the container was deleted while something waited for its turn. */
export function requireContainer({ table }: Container): void {
  if (table.gone)
    throw notFound("The container was deleted meanwhile.", { subStatus: SubStatus.ownerNotFound });
}

/** Walks the items, giving way to other requests now and then. Returns how many items it looked at. */
export async function eachMatch(
  { container, bound }: QueryRequest,
  items: Iterable<SourceRow>,
  visitor: Visitor,
): Promise<number> {
  const { where, expand } = bound.select;
  const needsDocument = visitor.needsDocument || where !== undefined || expand !== undefined;
  const turns = new TurnTaker();
  let looked = 0;
  for (const item of items) {
    looked++;
    startWork();
    const document: Json = needsDocument ? itemDocument(container, item) : null;
    const row = [document];
    const goOn =
      expand === undefined
        ? (where !== undefined && where(row) !== true) || visitor.visit(item, row, 0)
        : await eachRow(item, expand(row), where, visitor, turns);
    if (!goOn) return looked;
    if (!turns.due()) continue;
    await takeTurn(turns);
    requireContainer(container);
    if (visitor.onTurn?.(item, turns.elapsedMs) === false) return looked;
  }
  return looked;
}

/** The rows that JOINs make of one item: there may be a great many. False: the visitor has enough. */
async function eachRow(
  item: SourceRow,
  rows: Iterable<Row>,
  where: Evaluate | undefined,
  visitor: Visitor,
  turns: TurnTaker,
): Promise<boolean> {
  let index = 0;
  for (const row of rows) {
    if ((where === undefined || where(row) === true) && !visitor.visit(item, row, index)) return false;
    index++;
    if (turns.due()) await takeTurn(turns);
  }
  return true;
}

async function takeTurn(turns: TurnTaker): Promise<void> {
  await turns.turn();
  if (turns.elapsedMs > QUERY_BUDGET_MS) throw new Refusal(408, "The query took too long and was stopped.");
  startWork();
}
