import type { Expression, OrderItem, Query, SelectField, Selection, Span } from "./ast.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseFrom } from "./parse-from.ts";
import { invalidQuery } from "./query-error.ts";
import { reserved, type TokenStream } from "./token-stream.ts";

/** A query, or one inside another; stops behind its last clause. */
export function parseSelect(tokens: TokenStream): Query {
  tokens.expect("SELECT");
  const distinct = tokens.accept("DISTINCT");
  const top = tokens.accept("TOP") ? parseCount(tokens) : undefined;
  const selection = parseSelection(tokens);
  const aggregated = tokens.aggregates > 0;
  const from = parseFrom(tokens, parseExpression);
  const where = tokens.accept("WHERE") ? parseExpression(tokens) : undefined;
  const grouped = parseGroupBy(tokens);
  const ordered = parseOrderBy(tokens);
  const { offset, limit } = parseOffsetLimit(tokens);
  const clauses = { ...from, ...grouped, ...ordered };
  const query = { text: tokens.text, distinct, selection, aggregated, top, where, offset, limit, ...clauses };
  if (tokens.next.kind !== "end" && !tokens.sees(")")) throw tokens.unexpected();
  check(query);
  return query;
}

/** What the grammar allows and the service does not. */
function check({ selection, sources, top, limit, groupBy, orderBy }: Query): void {
  if (selection.kind === "all" && sources.length === 0) {
    throw invalidQuery("'SELECT *' is not valid if FROM clause is omitted.");
  }
  if (selection.kind === "all" && sources.length > 1) {
    throw invalidQuery("'SELECT *' is only valid with a single input set.");
  }
  if (selection.kind === "all" && groupBy.length > 0) {
    throw invalidQuery("'SELECT *' is not valid with GROUP BY.");
  }
  if (top !== undefined && limit !== undefined) {
    throw invalidQuery("'TOP' and 'OFFSET LIMIT' cannot be used together.");
  }
  if (groupBy.length > 0 && orderBy.length > 0) {
    throw invalidQuery("'ORDER BY' is not supported together with 'GROUP BY'.", orderBy[0]!.expression);
  }
}

function parseCount(tokens: TokenStream): Expression {
  const { kind, text, start, end } = tokens.next;
  if (kind !== "number" && kind !== "parameter") throw tokens.unexpected();
  tokens.take();
  return kind === "number"
    ? { kind: "literal", value: Number(text), start, end }
    : { kind: "parameter", name: text, start, end };
}

function parseSelection(tokens: TokenStream): Selection {
  if (tokens.accept("*")) return { kind: "all" };
  if (tokens.accept("VALUE")) return { kind: "value", expression: parseExpression(tokens) };
  const fields: SelectField[] = [];
  let unnamed = 0;
  do {
    const expression = parseExpression(tokens);
    const alias = parseAlias(tokens) ?? impliedName(expression) ?? `$${++unnamed}`;
    if (fields.some((field) => field.alias === alias)) {
      throw invalidQuery(`Cannot create a field '${alias}' that already exists.`, expression);
    }
    fields.push({ expression, alias });
  } while (tokens.accept(","));
  return { kind: "fields", fields };
}

function parseAlias(tokens: TokenStream): string | undefined {
  if (tokens.accept("AS")) return tokens.expectName().text;
  if (tokens.next.kind === "name" && !tokens.seesAny(reserved)) return tokens.take().text;
  return undefined;
}

function impliedName(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member" || expression.property.kind !== "literal") return undefined;
  return typeof expression.property.value === "string" ? expression.property.value : undefined;
}

function parseGroupBy(tokens: TokenStream): Pick<Query, "groupBy" | "groupBySpan"> {
  const groupBy: Expression[] = [];
  const { start } = tokens.next;
  if (!tokens.accept("GROUP")) return { groupBy, groupBySpan: undefined };
  tokens.expect("BY");
  do groupBy.push(parseExpression(tokens));
  while (tokens.accept(","));
  return { groupBy, groupBySpan: { start, end: tokens.lastEnd } };
}

function parseOrderBy(tokens: TokenStream): Pick<Query, "orderBy" | "orderBySpan"> {
  const orderBy: OrderItem[] = [];
  const { start } = tokens.next;
  if (!tokens.accept("ORDER")) return { orderBy, orderBySpan: undefined };
  tokens.expect("BY");
  if (tokens.sees("RANK")) throw tokens.refuse("ORDER BY RANK");
  do {
    const expression = parseExpression(tokens);
    const descending = tokens.accept("DESC");
    if (!descending) tokens.accept("ASC");
    orderBy.push({ expression, descending });
  } while (tokens.accept(","));
  const orderBySpan: Span = { start, end: tokens.lastEnd };
  return { orderBy, orderBySpan };
}

function parseOffsetLimit(tokens: TokenStream): Pick<Query, "offset" | "limit"> {
  if (!tokens.accept("OFFSET")) return { offset: undefined, limit: undefined };
  const offset = parseCount(tokens);
  tokens.expect("LIMIT");
  return { offset, limit: parseCount(tokens) };
}
