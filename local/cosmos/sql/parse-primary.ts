import type { AggregateName, Expression, SubqueryKind } from "./ast.ts";
import { syntaxError } from "./query-error.ts";
import { reserved, type TokenStream } from "./token-stream.ts";

type Parse = (tokens: TokenStream) => Expression;

const aggregateNames: readonly AggregateName[] = [
  ...(["COUNT", "COUNTIF", "SUM", "MIN", "MAX", "AVG", "MAKELIST", "MAKESET"] as const),
];
const aggregates: ReadonlyMap<string, AggregateName> = new Map(aggregateNames.map((name) => [name, name]));
const unsupportedWords: ReadonlySet<string> = new Set(["ALL", "FIRST", "LAST"]);
const subqueryWords: ReadonlyMap<string, SubqueryKind> = new Map([
  ["EXISTS", "exists"],
  ["ARRAY", "array"],
]);
const literals: ReadonlyMap<string, null | boolean | undefined> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", undefined],
]);

/** A literal, a name, a call, a parenthesis, an object or an array, with the `.x` and `["x"]` behind it. */
export function parsePrimary(tokens: TokenStream, parse: Parse): Expression {
  return parseMembers(tokens, parseAtom(tokens, parse), parse);
}

/** The `.x`, `["x"]` and `[0]` behind an expression. */
export function parseMembers(tokens: TokenStream, base: Expression, parse: Parse): Expression {
  let expression = base;
  for (;;) {
    if (tokens.accept(".")) {
      const name = tokens.expectName();
      const property: Expression = { kind: "literal", value: name.text, start: name.start, end: name.end };
      expression = { kind: "member", object: expression, property, start: expression.start, end: name.end };
    } else if (tokens.accept("[")) {
      const property = parse(tokens);
      const { end } = tokens.expect("]");
      expression = { kind: "member", object: expression, property, start: expression.start, end };
    } else {
      return expression;
    }
  }
}

function parseAtom(tokens: TokenStream, parse: Parse): Expression {
  const { kind, text, start, end } = tokens.next;
  switch (kind) {
    case "number":
      tokens.take();
      return { kind: "literal", value: Number(text), start, end };
    case "string":
      tokens.take();
      return { kind: "literal", value: text, start, end };
    case "parameter":
      tokens.take();
      return { kind: "parameter", name: text, start, end };
    case "name":
      return parseWord(tokens, parse);
    case "symbol":
      return parseBracketed(tokens, parse);
    default:
      throw tokens.unexpected();
  }
}

function parseBracketed(tokens: TokenStream, parse: Parse): Expression {
  const { start } = tokens.next;
  if (tokens.accept("(")) {
    if (tokens.sees("SELECT")) return parseSubquery(tokens, "scalar", start);
    const inner = parse(tokens);
    const { end } = tokens.expect(")");
    return { ...inner, start, end };
  }
  if (tokens.accept("[")) {
    const items = parseItems(tokens, parse, "]");
    return { kind: "array", items, start, end: tokens.lastEnd };
  }
  if (tokens.accept("{")) return parseObject(tokens, parse, start);
  throw tokens.unexpected();
}

/** From behind the opening parenthesis to the closing one. */
function parseSubquery(tokens: TokenStream, yields: SubqueryKind, start: number): Expression {
  const query = tokens.subquery();
  const { end } = tokens.expect(")");
  return { kind: "subquery", yields, query, start, end };
}

function parseWord(tokens: TokenStream, parse: Parse): Expression {
  const { text, word, start, end } = tokens.next;
  const yields = subqueryWords.get(word);
  if (yields !== undefined && tokens.second.word === "(") {
    tokens.take();
    tokens.take();
    if (!tokens.sees("SELECT")) throw tokens.unexpected();
    return parseSubquery(tokens, yields, start);
  }
  if (unsupportedWords.has(word) && tokens.second.word === "(") throw tokens.refuse(`${word}(…)`);
  if (reserved.has(word)) throw tokens.unexpected();
  tokens.take();
  if (tokens.sees("(")) return parseCall(tokens, parse, word, start);
  // Keywords of values are case sensitive in the service, too.
  if (literals.has(text)) return { kind: "literal", value: literals.get(text), start, end };
  if (word === "UDF" && tokens.sees(".")) throw tokens.refuse("A user-defined function");
  return { kind: "name", name: text, start, end };
}

function parseCall(tokens: TokenStream, parse: Parse, name: string, start: number): Expression {
  tokens.expect("(");
  const parameters = parseItems(tokens, parse, ")");
  const end = tokens.lastEnd;
  const aggregate = aggregates.get(name);
  if (aggregate === undefined) return { kind: "call", name, parameters, start, end };
  const [operand] = parameters;
  if (operand === undefined || parameters.length > 1) {
    throw syntaxError(`${name} takes one argument`, start, end);
  }
  tokens.noteAggregate();
  return { kind: "aggregate", name: aggregate, operand, start, end };
}

/** Expressions separated by commas, up to and including the closing symbol. */
export function parseItems(tokens: TokenStream, parse: Parse, close: string): readonly Expression[] {
  const items: Expression[] = [];
  if (tokens.accept(close)) return items;
  do items.push(parse(tokens));
  while (tokens.accept(","));
  tokens.expect(close);
  return items;
}

function parseObject(tokens: TokenStream, parse: Parse, start: number): Expression {
  const members: { readonly name: string; readonly value: Expression }[] = [];
  if (!tokens.accept("}")) {
    do {
      if (tokens.next.kind !== "string" && tokens.next.kind !== "name") throw tokens.unexpected();
      const name = tokens.take().text;
      tokens.expect(":");
      members.push({ name, value: parse(tokens) });
    } while (tokens.accept(","));
    tokens.expect("}");
  }
  return { kind: "object", members, start, end: tokens.lastEnd };
}
