import type { Expression, OrderItem, Query, SelectField, Selection, Span } from "./ast.ts";
import { parseExpression } from "./parse-expression.ts";
import { invalidQuery } from "./query-error.ts";
import { TokenStream } from "./token-stream.ts";

/** `SELECT …`. Throws a refusal with the position for anything that is no query or not supported. */
export function parseQuery(text: string): Query {
  const tokens = new TokenStream(text);
  tokens.expect("SELECT");
  if (tokens.sees("DISTINCT")) throw tokens.refuse("DISTINCT");
  const top = tokens.accept("TOP") ? parseCount(tokens) : undefined;
  const selection = parseSelection(tokens);
  const aggregated = tokens.aggregates > 0;
  const from = parseFrom(tokens);
  const where = tokens.accept("WHERE") ? parseExpression(tokens) : undefined;
  if (tokens.sees("GROUP")) throw tokens.refuse("GROUP BY");
  const ordered = parseOrderBy(tokens);
  const { offset, limit } = parseOffsetLimit(tokens);
  if (tokens.next.kind !== "end") throw tokens.unexpected();
  if (selection.kind === "all" && from.alias === undefined) {
    throw invalidQuery("'SELECT *' is not valid if FROM clause is omitted.");
  }
  if (top !== undefined && limit !== undefined) {
    throw invalidQuery("'TOP' and 'OFFSET LIMIT' cannot be used together.");
  }
  return { text, selection, aggregated, top, where, offset, limit, ...from, ...ordered };
}

/** `from c where …`, the condition of a patch. */
export function parseCondition(text: string): {
  readonly alias: string;
  readonly where: Expression | undefined;
} {
  const tokens = new TokenStream(text);
  const { alias } = parseFrom(tokens);
  if (alias === undefined) throw tokens.unexpected();
  const where = tokens.accept("WHERE") ? parseExpression(tokens) : undefined;
  if (tokens.next.kind !== "end") throw tokens.unexpected();
  return { alias, where };
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
  if (tokens.accept("AS"))
    return tokens.next.kind === "string" ? tokens.take().text : tokens.expectName().text;
  if (tokens.next.kind === "name" && !tokens.seesAny(clauseWords)) return tokens.take().text;
  return undefined;
}

const clauseWords: ReadonlySet<string> = new Set(["FROM", "WHERE", "GROUP", "ORDER", "OFFSET"]);

function impliedName(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member" || expression.property.kind !== "literal") return undefined;
  return typeof expression.property.value === "string" ? expression.property.value : undefined;
}

function parseFrom(tokens: TokenStream): Pick<Query, "alias" | "from"> {
  const { start } = tokens.next;
  if (!tokens.accept("FROM")) return { alias: undefined, from: undefined };
  if (tokens.sees("(")) throw tokens.refuse("A subquery");
  const source = tokens.expectName();
  if (tokens.sees(".") || tokens.sees("[")) throw tokens.refuse("FROM with a path");
  let alias = source.text;
  if (tokens.accept("AS")) alias = tokens.expectName().text;
  else if (tokens.next.kind === "name" && !tokens.seesAny(afterFrom)) alias = tokens.take().text;
  if (tokens.sees("IN")) throw tokens.refuse("FROM … IN …");
  if (tokens.sees("JOIN")) throw tokens.refuse("JOIN");
  return { alias, from: { start, end: tokens.lastEnd } };
}

const afterFrom: ReadonlySet<string> = new Set([...clauseWords, "IN", "JOIN", "LIMIT"]);

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
