import { hasAggregate } from "../sql/aggregate.ts";
import type { AggregateName, Expression, Query } from "../sql/ast.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import type { BoundQuery } from "./query-text.ts";
import { isAggregated } from "./selection.ts";

/**
 * The query plan: how a client spreads a query over the key ranges and puts the parts together. The contract was
 * read in @azure/cosmos 4.10.1 (queryExecutionContext); see the reference for the shape of the rewritten rows.
 */
export interface QueryPlan {
  readonly partitionedQueryExecutionInfoVersion: 2;
  readonly queryInfo: {
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
    readonly rewrittenQuery: string;
    readonly hasSelectValue: boolean;
    readonly hasNonStreamingOrderBy: false;
  };
  readonly queryRanges: readonly {
    readonly min: string;
    readonly max: string;
    readonly isMinInclusive: boolean;
    readonly isMaxInclusive: boolean;
  }[];
}

const RESUME_FILTER = "{documentdb-formattableorderbyquery-filter}";

const aggregateTypes: Readonly<Record<AggregateName, string>> = {
  AVG: "Average",
  COUNT: "Count",
  MAX: "Max",
  MIN: "Min",
  SUM: "Sum",
};

/** Can every key range answer its part alone, and the parts be sent one after the other? */
export const needsPlan = ({ query }: BoundQuery): boolean =>
  query.top !== undefined || query.limit !== undefined || query.orderBy.length > 0 || isAggregated(query);

export function makePlan(bound: BoundQuery): QueryPlan {
  const { query, limit, offset } = bound;
  const aggregated = isAggregated(query);
  if (aggregated && query.orderBy.length > 0) throw unsupportedQuery("An aggregate with ORDER BY");
  const aggregates = aggregated ? readAggregates(query) : undefined;
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
      groupByAliases: aggregates?.aliases ?? [],
      aggregates: aggregates?.value === undefined ? [] : [aggregates.value],
      groupByAliasToAggregateType: aggregates?.byAlias ?? {},
      rewrittenQuery: aggregates?.rewritten ?? rewrite(bound),
      hasSelectValue: query.selection.kind === "value",
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }],
  };
}

const quote = (query: Query, { start, end }: { readonly start: number; readonly end: number }): string =>
  query.text.slice(start, end);

/** Each range is asked for all that could be among the first `offset + limit`; the client skips and cuts. */
function limitClause({ query, limit, offset }: BoundQuery): string {
  return query.limit === undefined ? "" : ` OFFSET 0 LIMIT ${offset + limit!}`;
}

const topClause = ({ query, limit }: BoundQuery): string => (query.top === undefined ? "" : `TOP ${limit!} `);

function rewrite(bound: BoundQuery): string {
  const { query } = bound;
  if (query.orderBy.length === 0) {
    // Nothing to merge: the query itself, with the limit each range has to obey.
    return query.limit === undefined ? "" : `${query.text.slice(0, offsetStart(query))}${limitClause(bound)}`;
  }
  const items = query.orderBy.map(({ expression }) => `{"item": ${quote(query, expression)}}`).join(", ");
  const where =
    query.where === undefined ? RESUME_FILTER : `(${quote(query, query.where)}) AND ${RESUME_FILTER}`;
  return (
    `SELECT ${topClause(bound)}${query.alias}._rid, [${items}] AS orderByItems, ${payload(query)} AS payload ` +
    `${quote(query, query.from!)} WHERE (${where}) ${quote(query, query.orderBySpan!)}${limitClause(bound)}`
  );
}

const offsetStart = (query: Query): number =>
  query.orderBySpan?.end ?? query.where?.end ?? query.from?.end ?? query.text.length;

function payload(query: Query): string {
  const { selection } = query;
  if (selection.kind === "all") return query.alias!;
  if (selection.kind === "value") return quote(query, selection.expression);
  const fields = selection.fields.map(
    ({ alias, expression }) => `${JSON.stringify(alias)}: ${quote(query, expression)}`,
  );
  return `{${fields.join(", ")}}`;
}

interface Aggregates {
  readonly value: string | undefined;
  readonly aliases: readonly string[];
  readonly byAlias: Readonly<Record<string, string>>;
  readonly rewritten: string;
}

function readAggregates(query: Query): Aggregates {
  const rest = [query.from, query.where]
    .filter((part) => part !== undefined)
    .map((part) => (part === query.where ? `WHERE ${quote(query, part)}` : quote(query, part)))
    .join(" ");
  const { selection } = query;
  if (selection.kind === "value") {
    const node = aggregateOf(selection.expression);
    return {
      value: aggregateTypes[node.name],
      aliases: [],
      byAlias: {},
      rewritten: `SELECT VALUE [${part(query, node)}] ${rest}`,
    };
  }
  if (selection.kind === "all") throw unsupportedQuery("SELECT * with an aggregate");
  const nodes = selection.fields.map(({ alias, expression }) => ({ alias, node: aggregateOf(expression) }));
  const members = nodes.map(({ alias, node }) => `${JSON.stringify(alias)}: ${part(query, node)}`);
  return {
    value: undefined,
    aliases: nodes.map(({ alias }) => alias),
    byAlias: Object.fromEntries(nodes.map(({ alias, node }) => [alias, aggregateTypes[node.name]])),
    rewritten: `SELECT [] AS groupByItems, {${members.join(", ")}} AS payload ${rest}`,
  };
}

function aggregateOf(expression: Expression): Expression & { readonly kind: "aggregate" } {
  if (expression.kind === "aggregate" && !hasAggregate(expression.operand)) return expression;
  throw unsupportedQuery("A cross-partition query with anything but plain aggregates in SELECT", expression);
}

/** What a range sends, so that the client can combine it: AVG needs the sum and the count. */
function part(query: Query, node: Expression & { readonly kind: "aggregate" }): string {
  const operand = quote(query, node.operand);
  switch (node.name) {
    case "AVG":
      return `{"item": {"sum": SUM(${operand}), "count": COUNT(${operand})}}`;
    case "MIN":
      return `{"item": {"min": MIN(${operand}), "count": COUNT(${operand})}}`;
    case "MAX":
      return `{"item": {"max": MAX(${operand}), "count": COUNT(${operand})}}`;
    default:
      return `{"item": ${node.name}(${operand})}`;
  }
}
