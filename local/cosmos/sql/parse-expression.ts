import type { ArithmeticOperator, ComparisonOperator, Expression } from "./ast.ts";
import { parseItems, parsePrimary } from "./parse-primary.ts";
import type { TokenStream } from "./token-stream.ts";

/**
 * Precedence, loosest first: `? :`, `??`, OR, AND, NOT, comparison (= != < <= > >= IN BETWEEN LIKE), `|`, `^`,
 * `&`, shifts, `||` + -, * / %, unary. https://learn.microsoft.com/cosmos-db/query/
 */
export function parseExpression(tokens: TokenStream): Expression {
  return tokens.nested(() => parseConditional(tokens));
}

function parseConditional(tokens: TokenStream): Expression {
  const test = parseCoalesce(tokens);
  if (!tokens.accept("?")) return test;
  const whenTrue = parseExpression(tokens);
  tokens.expect(":");
  const whenFalse = parseExpression(tokens);
  return { kind: "conditional", test, whenTrue, whenFalse, start: test.start, end: whenFalse.end };
}

function parseCoalesce(tokens: TokenStream): Expression {
  let left = parseOr(tokens);
  while (tokens.accept("??")) {
    const right = parseOr(tokens);
    left = { kind: "coalesce", left, right, start: left.start, end: right.end };
  }
  return left;
}

function parseOr(tokens: TokenStream): Expression {
  let left = parseAnd(tokens);
  while (tokens.accept("OR")) {
    const right = parseAnd(tokens);
    left = { kind: "logical", operator: "OR", left, right, start: left.start, end: right.end };
  }
  return left;
}

function parseAnd(tokens: TokenStream): Expression {
  let left = parseNot(tokens);
  while (tokens.accept("AND")) {
    const right = parseNot(tokens);
    left = { kind: "logical", operator: "AND", left, right, start: left.start, end: right.end };
  }
  return left;
}

function parseNot(tokens: TokenStream): Expression {
  if (!tokens.sees("NOT")) return parseComparison(tokens);
  const { start } = tokens.take();
  const operand = tokens.nested(() => parseNot(tokens));
  return { kind: "unary", operator: "NOT", operand, start, end: operand.end };
}

const comparisons: Readonly<Record<string, ComparisonOperator>> = {
  "=": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

function parseComparison(tokens: TokenStream): Expression {
  let left = parseArithmetic(tokens, 0);
  for (;;) {
    const operator = tokens.next.kind === "symbol" ? comparisons[tokens.next.word] : undefined;
    if (operator !== undefined) {
      tokens.take();
      const right = parseArithmetic(tokens, 0);
      left = { kind: "comparison", operator, left, right, start: left.start, end: right.end };
      continue;
    }
    const negated = tokens.sees("NOT") && /^(?:IN|BETWEEN|LIKE)$/.test(tokens.second.word);
    if (negated) tokens.take();
    const predicate = parsePredicate(tokens, left);
    if (predicate === undefined) return left;
    left = negated
      ? { kind: "unary", operator: "NOT", operand: predicate, start: predicate.start, end: predicate.end }
      : predicate;
  }
}

function parsePredicate(tokens: TokenStream, value: Expression): Expression | undefined {
  const { start } = value;
  if (tokens.accept("IN")) {
    tokens.expect("(");
    const options = parseItems(tokens, parseExpression, ")");
    if (options.length === 0) throw tokens.unexpected();
    return { kind: "in", value, options, start, end: tokens.lastEnd };
  }
  if (tokens.accept("BETWEEN")) {
    const low = parseArithmetic(tokens, 0);
    tokens.expect("AND");
    const high = parseArithmetic(tokens, 0);
    return { kind: "between", value, low, high, start, end: high.end };
  }
  if (tokens.accept("LIKE")) {
    const pattern = parseArithmetic(tokens, 0);
    let escape: string | undefined;
    if (tokens.accept("ESCAPE")) {
      if (tokens.next.kind !== "string" || tokens.next.text.length !== 1) throw tokens.unexpected();
      escape = tokens.take().text;
    }
    return { kind: "like", value, pattern, escape, start, end: tokens.lastEnd };
  }
  return undefined;
}

const level = (...operators: ArithmeticOperator[]): ReadonlyMap<string, ArithmeticOperator> =>
  new Map(operators.map((operator) => [operator, operator]));

const levels = [
  level("|"),
  level("^"),
  level("&"),
  level("<<", ">>", ">>>"),
  level("+", "-", "||"),
  level("*", "/", "%"),
];

function parseArithmetic(tokens: TokenStream, depth: number): Expression {
  const operators = levels[depth];
  if (operators === undefined) return parseUnary(tokens);
  let left = parseArithmetic(tokens, depth + 1);
  for (;;) {
    const operator = tokens.next.kind === "symbol" ? operators.get(tokens.next.word) : undefined;
    if (operator === undefined) return left;
    tokens.take();
    const right = parseArithmetic(tokens, depth + 1);
    left = { kind: "arithmetic", operator, left, right, start: left.start, end: right.end };
  }
}

function parseUnary(tokens: TokenStream): Expression {
  const { word, start } = tokens.next;
  if (word !== "-" && word !== "+" && word !== "~") return parsePrimary(tokens, parseExpression);
  tokens.take();
  const operand = tokens.nested(() => parseUnary(tokens));
  return { kind: "unary", operator: word, operand, start, end: operand.end };
}
