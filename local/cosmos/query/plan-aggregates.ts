import type { AggregateName, Expression, Query } from "../sql/ast.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import { quote } from "./query-text.ts";

/** The part of a query plan that tells how to combine what the key ranges have added up. */
export interface AggregatePlan {
  /** For SELECT VALUE: the one aggregate. Must be empty otherwise, or the client refuses the query. */
  readonly aggregates: readonly string[];
  readonly groupByAliases: readonly string[];
  readonly groupByAliasToAggregateType: Readonly<Record<string, string | null>>;
  readonly rewrittenQuery: string;
}

type Aggregate = Expression & { readonly kind: "aggregate" };

const types: Readonly<Record<AggregateName, string>> = {
  AVG: "Average",
  COUNT: "Count",
  COUNTIF: "CountIf",
  MAKELIST: "MakeList",
  MAKESET: "MakeSet",
  MAX: "Max",
  MIN: "Min",
  SUM: "Sum",
};

/**
 * SELECT VALUE gives rows `[{item}]`, fields give rows `{groupByItems, payload: {alias: {item}}}`. With GROUP BY
 * both are rows of `{groupByItems: [{item}], payload}`. What is no aggregate is sent as it is.
 */
export function planAggregates(query: Query): AggregatePlan {
  const { selection } = query;
  const rest = restOf(query);
  const groups = query.groupBy.map((expression) => `{"item": ${quote(query, expression)}}`).join(", ");
  if (selection.kind === "all") throw unsupportedQuery("SELECT * with an aggregate");
  if (selection.kind === "value") {
    const { expression } = selection;
    const node = plainAggregate(query, expression);
    const payload = node === undefined ? quote(query, expression) : `[${partialResult(query, node)}]`;
    const row = groups === "" ? payload : `{"groupByItems": [${groups}], "payload": ${payload}}`;
    return {
      aggregates: node === undefined ? [] : [types[node.name]],
      groupByAliases: [],
      groupByAliasToAggregateType: {},
      rewrittenQuery: `SELECT VALUE ${row}${rest}`,
    };
  }
  const fields = selection.fields.map(({ alias, expression }) => ({
    alias,
    expression,
    node: plainAggregate(query, expression),
  }));
  const members = fields.map(({ alias, expression, node }) => {
    const partial = node === undefined ? quote(query, expression) : partialResult(query, node);
    return `${JSON.stringify(alias)}: ${partial}`;
  });
  return {
    aggregates: [],
    groupByAliases: fields.map(({ alias }) => alias),
    groupByAliasToAggregateType: Object.fromEntries(
      fields.map(({ alias, node }) => [alias, node === undefined ? null : types[node.name]]),
    ),
    rewrittenQuery: `SELECT [${groups}] AS groupByItems, {${members.join(", ")}} AS payload${rest}`,
  };
}

function restOf(query: Query): string {
  const from = query.from === undefined ? "" : ` ${quote(query, query.from)}`;
  const where = query.where === undefined ? "" : ` WHERE ${quote(query, query.where)}`;
  const grouped = query.groupBySpan === undefined ? "" : ` ${quote(query, query.groupBySpan)}`;
  return from + where + grouped;
}

/** The aggregate, if the expression is one; undefined if it holds none. Only a whole one can be added up by the client. */
function plainAggregate(query: Query, expression: Expression): Aggregate | undefined {
  if (expression.kind === "aggregate") return expression;
  if (query.groupBy.length > 0 && !holdsAggregate(expression)) return undefined;
  throw unsupportedQuery("A cross-partition query with anything but plain aggregates in SELECT", expression);
}

/** A subquery's aggregates are its own. */
function holdsAggregate(node: object): boolean {
  if ("kind" in node && node.kind === "subquery") return false;
  if ("kind" in node && node.kind === "aggregate") return true;
  return Object.values(node).some(
    (child: unknown) => typeof child === "object" && child !== null && holdsAggregate(child),
  );
}

/** What a range sends, so that the client can combine it: an average needs the sum and the count. */
function partialResult(query: Query, node: Aggregate): string {
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
