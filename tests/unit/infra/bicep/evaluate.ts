import { type Expression, expressionOf, fail } from "./expressions.ts";
import { type BicepFunction, functions } from "./functions.ts";
import type { Node } from "./parse.ts";

export interface Scope {
  /** The value of a name, or undefined where there is none. */
  readonly lookUp: (name: string) => { readonly value: unknown } | undefined;
  /** What depends on the template: resourceId, resourceGroup, loadJsonContent … */
  readonly functions: Readonly<Record<string, BicepFunction>>;
}

/** A scope with a few names more, for loops and lambdas. */
export const within = (scope: Scope, names: readonly string[], values: readonly unknown[]): Scope => ({
  ...scope,
  lookUp: (name) => (names.includes(name) ? { value: values[names.indexOf(name)] } : scope.lookUp(name)),
});

type Of<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>;

function text({ parts, line }: Of<"text">, scope: Scope): string {
  const values = parts.map((part) => (typeof part === "string" ? part : valueOf(part, scope)));
  const odd = values.find((value) => typeof value === "object" || value === undefined);
  return odd === undefined ? values.join("") : fail(line, "only text and numbers can be put into text");
}

function object({ properties, line }: Of<"object">, scope: Scope): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const { key, value } of properties) {
    const name = String(valueOf(key, scope));
    if (name in made) fail(line, `${name} is there twice`);
    made[name] = valueOf(value, scope);
  }
  return made;
}

function element({ object: list, index, safe, line }: Of<"index">, scope: Scope): unknown {
  const from = valueOf(list, scope);
  const name = valueOf(index, scope);
  if (typeof name !== "string" && typeof name !== "number") return fail(line, "an index is text or a number");
  const value: unknown = typeof from === "object" && from !== null ? Reflect.get(from, name) : undefined;
  if (value === undefined) return safe ? null : fail(line, `there is no ${name}`);
  return value;
}

function call({ name, values, line }: Of<"call">, scope: Scope): unknown {
  const called = scope.functions[name] ?? functions[name];
  if (called === undefined)
    return fail(line, `there is no function ${name}, or the evaluator does not know it`);
  return Reflect.apply(
    called,
    undefined,
    values.map((value) => valueOf(value, scope)),
  );
}

const arithmetic: Readonly<Record<string, (left: number, right: number) => unknown>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

/** The right side is not looked at where the left one decides. */
const logic: Readonly<Record<string, (left: unknown, right: () => unknown) => unknown>> = {
  "&&": (left, right) => left === true && right() === true,
  "||": (left, right) => left === true || right() === true,
  "??": (left, right) => left ?? right(),
  "==": (left, right) => left === right(),
  "!=": (left, right) => left !== right(),
};

function operation({ operator, operands, line }: Of<"operation">, scope: Scope): unknown {
  const [first, second] = operands;
  if (first === undefined) return fail(line, `${operator} of nothing`);
  const left = valueOf(first, scope);
  if (second === undefined) return operator === "!" ? left !== true : -Number(left);
  const decide = logic[operator];
  if (decide !== undefined) return decide(left, () => valueOf(second, scope));
  const right = valueOf(second, scope);
  if (typeof left !== "number" || typeof right !== "number") return fail(line, `${operator} wants numbers`);
  return (arithmetic[operator] ?? fail(line, `${operator} is not known`))(left, right);
}

/** One scope for each value that a loop runs over. */
export function loopScopes(over: unknown, names: readonly string[], scope: Scope, line: number): Scope[] {
  if (!Array.isArray(over)) return fail(line, "a loop runs over a list");
  return over.map((item: unknown, index) => within(scope, names, [item, index]));
}

function loop({ over, names, body, line }: Of<"loop">, scope: Scope): unknown[] {
  return loopScopes(valueOf(over, scope), names, scope, line).map((inner) => valueOf(body, inner));
}

const name = ({ name: asked, line }: Of<"name">, scope: Scope): unknown =>
  (scope.lookUp(asked) ?? fail(line, `${asked} is not declared`)).value;

function valueOf(expression: Expression, scope: Scope): unknown {
  const { kind } = expression;
  if (kind === "value") return expression.value;
  if (kind === "text") return text(expression, scope);
  if (kind === "name") return name(expression, scope);
  if (kind === "object") return object(expression, scope);
  if (kind === "list") return expression.items.map((item) => valueOf(item, scope));
  if (kind === "index") return element(expression, scope);
  if (kind === "call") return call(expression, scope);
  if (kind === "operation") return operation(expression, scope);
  if (kind === "loop") return loop(expression, scope);
  if (kind === "lambda")
    return (...values: unknown[]) => valueOf(expression.body, within(scope, expression.parameters, values));
  const [condition, yes, no] = expression.parts;
  return valueOf(valueOf(condition, scope) === true ? yes : no, scope);
}

/** @throws BicepError where Azure would refuse, or where the evaluator does not know that part of Bicep. */
export const evaluate = (node: Node, scope: Scope): unknown => valueOf(expressionOf(node), scope);
