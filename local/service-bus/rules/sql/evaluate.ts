import { randomUUID } from "node:crypto";
import { isLike } from "./like.ts";
import type { Expression, Predicate, PropertyNode } from "./syntax.ts";
import { calculate, compare, EvaluationFault, kindOf, signed, type SqlValue } from "./values.ts";

/** The properties an expression can read. */
export interface Properties {
  /** @throws EvaluationFault when there is no system property of that name */
  system(name: string): SqlValue;
  /** Names in any case; undefined when it is absent or null. */
  user(name: string): SqlValue;
  /** Whether an application property of that name is there, if only as null. */
  hasUser(name: string): boolean;
}

/**
 * Whether a message meets a condition; undefined = unknown, which selects no more than false does.
 * @throws EvaluationFault when a part that decides cannot be evaluated
 */
export function meets(node: Predicate, properties: Properties): boolean | undefined {
  switch (node.kind) {
    case "not":
      return negate(meets(node.operand, properties));
    case "and":
      return both(node.left, node.right, properties);
    case "or":
      return negate(
        both({ kind: "not", operand: node.left }, { kind: "not", operand: node.right }, properties),
      );
    case "compare":
      return compare(node.operator, evaluate(node.left, properties), evaluate(node.right, properties));
    case "is-null":
      return (evaluate(node.operand, properties) === undefined) !== node.negated;
    case "exists":
      return exists(node.operand, properties);
    case "in":
      return negateIf(node.negated, isAmong(evaluate(node.operand, properties), node.among, properties));
    default:
      return negateIf(node.negated, like(node, properties));
  }
}

/** @throws EvaluationFault */
export function evaluate(node: Expression, properties: Properties): SqlValue {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "property":
      return node.scope === "sys" ? properties.system(node.name) : properties.user(node.name);
    case "lookup": {
      const name = lookedUp(node.name, properties);
      return name === undefined ? undefined : properties.user(name);
    }
    case "newid":
      return { guid: randomUUID() };
    case "sign":
      return signed(node.operator, evaluate(node.operand, properties));
    default:
      return calculate(node.operator, evaluate(node.left, properties), evaluate(node.right, properties));
  }
}

/** The right side counts only where the left one leaves the answer open. */
function both(left: Predicate, right: Predicate, properties: Properties): boolean | undefined {
  const first = meets(left, properties);
  if (first === false) return false;
  const second = meets(right, properties);
  if (second === false) return false;
  return first === undefined ? undefined : second;
}

const negate = (value: boolean | undefined): boolean | undefined =>
  value === undefined ? undefined : !value;
const negateIf = (negated: boolean, value: boolean | undefined): boolean | undefined =>
  negated ? negate(value) : value;

/** `=` with each in turn, until one is equal. */
function isAmong(value: SqlValue, among: readonly Expression[], properties: Properties): boolean | undefined {
  if (value === undefined) return undefined;
  let result: boolean | undefined = false;
  for (const item of among) {
    const equal = compare("=", value, evaluate(item, properties));
    if (equal === true) return true;
    if (equal === undefined) result = undefined;
  }
  return result;
}

function like(
  { operand, pattern, escape }: Extract<Predicate, { kind: "like" }>,
  properties: Properties,
): boolean | undefined {
  const text = textOrUnknown(evaluate(operand, properties), "left side");
  const wanted = textOrUnknown(evaluate(pattern, properties), "pattern");
  const mark = escape === undefined ? "" : textOrUnknown(evaluate(escape, properties), "escape character");
  if (text === undefined || wanted === undefined || mark === undefined) return undefined;
  if (escape === undefined) return isLike(text, wanted, undefined);
  if (mark.length !== 1) throw new EvaluationFault("The escape character of a LIKE is not one character.");
  return isLike(text, wanted, mark);
}

function exists(node: PropertyNode, properties: Properties): boolean {
  if (node.kind === "property" && node.scope === "sys") return properties.system(node.name) !== undefined;
  const name = node.kind === "property" ? node.name : lookedUp(node.name, properties);
  return name !== undefined && properties.hasUser(name);
}

function lookedUp(node: Expression, properties: Properties): string | undefined {
  return textOrUnknown(evaluate(node, properties), "name given to property()");
}

function textOrUnknown(value: SqlValue, what: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new EvaluationFault(`The ${what} is a ${kindOf(value)}, not a text.`);
}
