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

/** `Ordered`: equal results follow each other, because they are ordered by all that makes them. */
type DistinctType = "None" | "Ordered" | "Unordered";

interface QueryInfo {
  readonly distinctType: DistinctType;
  readonly top: number | null;
  readonly offset: number | null;
  readonly limit: number | null;
  readonly orderBy: readonly ("Ascending" | "Descending")[];
  readonly orderByExpressions: readonly string[];
  readonly groupByExpressions: readonly string[];
  readonly groupByAliases: readonly string[];
  readonly aggregates: readonly string[];
  readonly groupByAliasToAggregateType: Readonly<Record<string, string | null>>;
  /** What each range is asked; empty = the query as it is. */
  readonly rewrittenQuery: string;
  readonly hasSelectValue: boolean;
  readonly hasNonStreamingOrderBy: false;
}

/** The client puts a filter here that lets a range go on behind a position. */
const RESUME_FILTER = "{documentdb-formattableorderbyquery-filter}";

/** False when every key range can answer its part alone, and the parts can be sent one after the other. */
export const needsPlan = ({ query }: BoundQuery): boolean =>
  query.top !== undefined ||
  query.limit !== undefined ||
  query.orderBy.length > 0 ||
  query.aggregated ||
  query.distinct ||
  query.groupBy.length > 0;

export function makePlan(bound: BoundQuery): QueryPlan {
  const { query, limit, offset } = bound;
  if (query.aggregated && query.orderBy.length > 0) throw unsupportedQuery("An aggregate with ORDER BY");
  const grouped = query.aggregated || query.groupBy.length > 0;
  const aggregates = grouped ? planAggregates(query) : withoutAggregates(bound);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: distinctType(query),
      top: query.top === undefined ? null : limit!,
      offset: query.limit === undefined ? null : offset,
      limit: query.limit === undefined ? null : limit!,
      orderBy: query.orderBy.map(({ descending }) => (descending ? "Descending" : "Ascending")),
      orderByExpressions: query.orderBy.map(({ expression }) => quote(query, expression)),
      groupByExpressions: query.groupBy.map((expression) => quote(query, expression)),
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

function distinctType(query: Query): DistinctType {
  if (!query.distinct) return "None";
  const { selection, orderBy } = query;
  const selected =
    selection.kind === "value"
      ? [selection.expression]
      : selection.kind === "fields"
        ? selection.fields.map(({ expression }) => expression)
        : [];
  const ordered = new Set(orderBy.map(({ expression }) => quote(query, expression)));
  const covered =
    selected.length > 0 && selected.every((expression) => ordered.has(quote(query, expression)));
  return covered ? "Ordered" : "Unordered";
}

/** Each range is asked for all that could be among the first `offset + limit`; the client skips and cuts. */
const limitClause = ({ query, limit, offset }: BoundQuery): string =>
  query.limit === undefined ? "" : ` OFFSET 0 LIMIT ${offset + limit!}`;

function rewriteLimited(bound: BoundQuery): string {
  const { query } = bound;
  if (query.limit === undefined) return "";
  const end = query.where?.end ?? query.from?.end ?? query.text.length;
  return `${query.text.slice(0, end)}${limitClause(bound)}`;
}

/**
 * Rows of `{_rid, orderByItems: [{item}], payload}`, which the client can merge. With DISTINCT the client also drops what is
 * repeated, so a range must not stop at the limit.
 */
function rewriteOrdered(bound: BoundQuery): string {
  const { query, limit } = bound;
  const root = query.alias ?? rootOf(query);
  const top = query.top === undefined || query.distinct ? "" : `TOP ${limit!} `;
  const items = query.orderBy.map(({ expression }) => `{"item": ${quote(query, expression)}}`).join(", ");
  const where = query.where === undefined ? "" : `(${quote(query, query.where)}) AND `;
  return (
    `SELECT ${top}${root}._rid, [${items}] AS orderByItems, ${payload(query)} AS payload ` +
    `${quote(query, query.from!)} WHERE (${where}${RESUME_FILTER}) ` +
    `${quote(query, query.orderBySpan!)}${query.distinct ? "" : limitClause(bound)}`
  );
}

/** `FROM t IN c.tags`: the document has no name of its own, but the first name of the path stands for it. */
function rootOf({ sources }: Query): string {
  const [first] = sources;
  let at = first?.kind === "path" ? first.path : undefined;
  while (at?.kind === "member") at = at.object;
  if (at?.kind === "name" && at.name !== first?.alias) return at.name;
  throw unsupportedQuery("ORDER BY over several ranges without a name for the whole item");
}

function payload(query: Query): string {
  const { selection } = query;
  if (selection.kind === "all") return query.sources[0]!.alias;
  if (selection.kind === "value") return quote(query, selection.expression);
  const fields = selection.fields.map(
    ({ alias, expression }) => `${JSON.stringify(alias)}: ${quote(query, expression)}`,
  );
  return `{${fields.join(", ")}}`;
}
