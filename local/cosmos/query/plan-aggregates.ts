import type { AggregateName, Expression, Query } from "../sql/ast.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import { quote } from "./query-text.ts";

/** The part of a query plan that tells how to combine what the key ranges have added up. */
export interface AggregatePlan {
  /** For SELECT VALUE: the one aggregate. Must be empty otherwise, or the client refuses the query. */
  readonly aggregates: readonly string[];
  readonly groupByAliases: readonly string[];
  readonly groupByAliasToAggregateType: Readonly<Record<string, string>>;
  readonly rewrittenQuery: string;
}

type Aggregate = Expression & { readonly kind: "aggregate" };

const types: Readonly<Record<AggregateName, string>> = {
  AVG: "Average",
  COUNT: "Count",
  MAX: "Max",
  MIN: "Min",
  SUM: "Sum",
};

/** SELECT VALUE gives rows `[{item}]`; fields give rows `{groupByItems, payload: {alias: {item}}}`. */
export function planAggregates(query: Query): AggregatePlan {
  const { selection } = query;
  const from = query.from === undefined ? "" : ` ${quote(query, query.from)}`;
  const rest = query.where === undefined ? from : `${from} WHERE ${quote(query, query.where)}`;
  if (selection.kind === "all") throw unsupportedQuery("SELECT * with an aggregate");
  if (selection.kind === "value") {
    const node = plainAggregate(selection.expression);
    return {
      aggregates: [types[node.name]],
      groupByAliases: [],
      groupByAliasToAggregateType: {},
      rewrittenQuery: `SELECT VALUE [${partialResult(query, node)}]${rest}`,
    };
  }
  const fields = selection.fields.map(({ alias, expression }) => ({
    alias,
    node: plainAggregate(expression),
  }));
  const members = fields.map(({ alias, node }) => `${JSON.stringify(alias)}: ${partialResult(query, node)}`);
  return {
    aggregates: [],
    groupByAliases: fields.map(({ alias }) => alias),
    groupByAliasToAggregateType: Object.fromEntries(
      fields.map(({ alias, node }) => [alias, types[node.name]]),
    ),
    rewrittenQuery: `SELECT [] AS groupByItems, {${members.join(", ")}} AS payload${rest}`,
  };
}

function plainAggregate(expression: Expression): Aggregate {
  if (expression.kind === "aggregate") return expression;
  throw unsupportedQuery("A cross-partition query with anything but plain aggregates in SELECT", expression);
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
