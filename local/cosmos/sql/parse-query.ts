import type { Expression, Query } from "./ast.ts";
import { checkDepth } from "./depth.ts";
import { requireOrderPaths } from "./order-paths.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseSelect } from "./parse-select.ts";
import { TokenStream } from "./token-stream.ts";

/** `SELECT …`. Throws a refusal with the position for anything that is no query or not supported. */
export function parseQuery(text: string): Query {
  const tokens = new TokenStream(text, parseSelect);
  const query = parseSelect(tokens);
  if (tokens.next.kind !== "end") throw tokens.unexpected();
  checkDepth(query);
  requireOrderPaths(query);
  return query;
}

/** `from c where …`, the condition of a patch. */
export function parseCondition(text: string): {
  readonly alias: string;
  readonly where: Expression | undefined;
} {
  const tokens = new TokenStream(text, parseSelect);
  tokens.expect("FROM");
  let alias = tokens.expectName().text;
  if (tokens.accept("AS") || (tokens.next.kind === "name" && !tokens.sees("WHERE"))) {
    alias = tokens.expectName().text;
  }
  const where = tokens.accept("WHERE") ? parseExpression(tokens) : undefined;
  if (tokens.next.kind !== "end") throw tokens.unexpected();
  if (where !== undefined) checkDepth(where);
  return { alias, where };
}
