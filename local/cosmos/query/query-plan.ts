import type { Query } from "../sql/ast.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import { planAggregates, type AggregatePlan } from "./plan-aggregates.ts";
import { quote, type BoundQuery } from "./query-text.ts";

/**
 * The query plan: how a client spreads a query over the key ranges and puts the parts together. The contract was
 * read in @azure/cosmos 4.10.1 (queryExecutionContext).
 */
export interface QueryPlan {
  readonly partitionedQueryExecutionInfoVersion: 2;
  readonly queryInfo: QueryInfo;
  readonly queryRanges: readonly {
    readonly min: string;
    readonly max: string;
    readonly isMinInclusive: boolean;
    readonly isMaxInclusive: boolean;
  }[];
}

interface QueryInfo {
  readonly distinctType: "None";
  readonly top: number | null;
  readonly offset: number | null;
  readonly limit: number | null;
  readonly orderBy: readonly ("Ascending" | "Descending")[];
  readonly orderByExpressions: readonly string[];
  readonly groupByExpressions: readonly string[];
  readonly groupByAliases: readonly string[];
  readonly aggregates: readonly string[];
  readonly groupByAliasToAggregateType: Readonly<Record<string, string>>;
  /** What each range is asked; empty = the query as it is. */
  readonly rewrittenQuery: string;
  readonly hasSelectValue: boolean;
  readonly hasNonStreamingOrderBy: false;
}

/** The client puts a filter here that lets a range go on behind a position. */
const RESUME_FILTER = "{documentdb-formattableorderbyquery-filter}";

/** False when every key range can answer its part alone, and the parts can be sent one after the other. */
export const needsPlan = ({ query }: BoundQuery): boolean =>
  query.top !== undefined || query.limit !== undefined || query.orderBy.length > 0 || query.aggregated;

export function makePlan(bound: BoundQuery): QueryPlan {
  const { query, limit, offset } = bound;
  if (query.aggregated && query.orderBy.length > 0) throw unsupportedQuery("An aggregate with ORDER BY");
  const aggregates = query.aggregated ? planAggregates(query) : withoutAggregates(bound);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: "None",
      top: query.top === undefined ? null : limit!,
      offset: query.limit === undefined ? null : offset,
      limit: query.limit === undefined ? null : limit!,
      orderBy: query.orderBy.map(({ descending }) => (descending ? "Descending" : "Ascending")),
      orderByExpressions: query.orderBy.map(({ expression }) => quote(query, expression)),
      groupByExpressions: [],
      ...aggregates,
      hasSelectValue: query.selection.kind === "value",
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }],
  };
}

const withoutAggregates = (bound: BoundQuery): AggregatePlan => ({
  aggregates: [],
  groupByAliases: [],
  groupByAliasToAggregateType: {},
  rewrittenQuery: bound.query.orderBy.length > 0 ? rewriteOrdered(bound) : rewriteLimited(bound),
});

/** Each range is asked for all that could be among the first `offset + limit`; the client skips and cuts. */
const limitClause = ({ query, limit, offset }: BoundQuery): string =>
  query.limit === undefined ? "" : ` OFFSET 0 LIMIT ${offset + limit!}`;

function rewriteLimited(bound: BoundQuery): string {
  const { query } = bound;
  if (query.limit === undefined) return "";
  const end = query.where?.end ?? query.from?.end ?? query.text.length;
  return `${query.text.slice(0, end)}${limitClause(bound)}`;
}

/** Rows of `{_rid, orderByItems: [{item}], payload}`, which the client can merge. */
function rewriteOrdered(bound: BoundQuery): string {
  const { query, limit } = bound;
  const top = query.top === undefined ? "" : `TOP ${limit!} `;
  const items = query.orderBy.map(({ expression }) => `{"item": ${quote(query, expression)}}`).join(", ");
  const where = query.where === undefined ? "" : `(${quote(query, query.where)}) AND `;
  return (
    `SELECT ${top}${query.alias!}._rid, [${items}] AS orderByItems, ${payload(query)} AS payload ` +
    `${quote(query, query.from!)} WHERE (${where}${RESUME_FILTER}) ` +
    `${quote(query, query.orderBySpan!)}${limitClause(bound)}`
  );
}

function payload(query: Query): string {
  const { selection } = query;
  if (selection.kind === "all") return query.alias!;
  if (selection.kind === "value") return quote(query, selection.expression);
  const fields = selection.fields.map(
    ({ alias, expression }) => `${JSON.stringify(alias)}: ${quote(query, expression)}`,
  );
  return `{${fields.join(", ")}}`;
}
