import * as fc from "fast-check";
import type { Json, JsonObject, Value } from "#local/cosmos/json.ts";

/**
 * Another evaluator, written the slow and obvious way: it works on the expression that the text was
 * made from, never sees the parser, and compiles nothing.
 */
type Node =
  | { readonly op: "value"; readonly value: Json }
  | { readonly op: "path"; readonly names: readonly string[] }
  | { readonly op: "not" | "defined" | "count"; readonly a: Node }
  | { readonly op: "and" | "or" | "=" | "!=" | "<" | ">=" | "+" | "??"; readonly a: Node; readonly b: Node }
  | { readonly op: "if"; readonly a: Node; readonly b: Node; readonly c: Node }
  | { readonly op: "in"; readonly a: Node; readonly list: readonly Node[] }
  | { readonly op: "array"; readonly list: readonly Node[] };

const names = ["x", "y", "z"] as const;
const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, 2, "", "a", "b");
const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("json"), { maxKeys: 3 }),
  ),
})).json;

export const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: "medium" },
    scalar.map((value) => ({ op: "value" as const, value })),
    fc
      .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
      .map((path) => ({ op: "path" as const, names: path })),
    fc.record({ op: fc.constantFrom("not", "defined", "count"), a: tie("node") }),
    fc.record({
      op: fc.constantFrom("and", "or", "=", "!=", "<", ">=", "+", "??"),
      a: tie("node"),
      b: tie("node"),
    }),
    fc.record({ op: fc.constant("if" as const), a: tie("node"), b: tie("node"), c: tie("node") }),
    fc.record({
      op: fc.constant("in" as const),
      a: tie("node"),
      list: fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant("array" as const), list: fc.array(tie("node"), { maxLength: 3 }) }),
  ),
})).node;

const words = { and: "AND", or: "OR" } as const;

export function textOf(tree: Node): string {
  switch (tree.op) {
    case "value":
      return JSON.stringify(tree.value);
    case "path":
      return `c.${tree.names.join(".")}`;
    case "not":
      return `(NOT ${textOf(tree.a)})`;
    case "defined":
      return `IS_DEFINED(${textOf(tree.a)})`;
    case "count":
      return `(SELECT VALUE COUNT(1) FROM e IN (SELECT VALUE [${textOf(tree.a)}, 1]))`;
    case "if":
      return `(${textOf(tree.a)} ? ${textOf(tree.b)} : ${textOf(tree.c)})`;
    case "in":
      return `(${textOf(tree.a)} IN (${tree.list.map(textOf).join(", ")}))`;
    case "array":
      return `[${tree.list.map(textOf).join(", ")}]`;
    case "and":
    case "or":
      return `(${textOf(tree.a)} ${words[tree.op]} ${textOf(tree.b)})`;
    default:
      return `(${textOf(tree.a)} ${tree.op} ${textOf(tree.b)})`;
  }
}

/** JSON with sorted members: equal texts for equal values. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${name}:${canonical(member)}`);
  return `{${members.toSorted().join()}}`;
}

const typeOf = (value: Json): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

function compared(op: "=" | "!=" | "<" | ">=", a: Value, b: Value): Value {
  if (a === undefined || b === undefined) return undefined;
  if (op === "=" || op === "!=") return (canonical(a) === canonical(b)) === (op === "=");
  const type = typeOf(a);
  if (type !== typeOf(b) || type === "array" || type === "object") return undefined;
  if (a === null || b === null) return op === ">=";
  return op === "<" ? a < b : a >= b;
}

type Two = (Node & {
  readonly b: Node;
  readonly op: "and" | "or" | "=" | "!=" | "<" | ">=" | "+" | "??";
})["op"];

function logic(decisive: boolean, a: Value, b: Value): Value {
  if (a === decisive || b === decisive) return decisive;
  return typeof a === "boolean" && typeof b === "boolean" ? !decisive : undefined;
}

const ofTwo: Readonly<Record<Two, (a: Value, b: Value) => Value>> = {
  and: (a, b) => logic(false, a, b),
  or: (a, b) => logic(true, a, b),
  "+": (a, b) => (typeof a === "number" && typeof b === "number" ? a + b : undefined),
  "??": (a, b) => (a === undefined ? b : a),
  "=": (a, b) => compared("=", a, b),
  "!=": (a, b) => compared("!=", a, b),
  "<": (a, b) => compared("<", a, b),
  ">=": (a, b) => compared(">=", a, b),
};

function atPath(path: readonly string[], document: JsonObject): Value {
  let at: Value = document;
  for (const name of path) {
    const entries: [string, Json][] =
      typeof at === "object" && at !== null && !Array.isArray(at) ? Object.entries(at) : [];
    at = entries.find(([key]) => key === name)?.[1];
  }
  return at;
}

const isOneOf = (a: Value, options: readonly Value[]): Value =>
  a === undefined ? undefined : options.some((option) => compared("=", a, option) === true);

export function valueOf(tree: Node, document: JsonObject): Value {
  const get = (child: Node): Value => valueOf(child, document);
  switch (tree.op) {
    case "value":
      return tree.value;
    case "path":
      return atPath(tree.names, document);
    case "not": {
      const a = get(tree.a);
      return typeof a === "boolean" ? !a : undefined;
    }
    case "defined":
      return get(tree.a) !== undefined;
    case "count":
      return get(tree.a) === undefined ? 1 : 2;
    case "if":
      return get(tree.a) === true ? get(tree.b) : get(tree.c);
    case "in":
      return isOneOf(get(tree.a), tree.list.map(get));
    case "array":
      return tree.list.map(get).filter((value) => value !== undefined);
    default:
      return ofTwo[tree.op](get(tree.a), get(tree.b));
  }
}

export const documents = fc.dictionary(fc.constantFrom(...names), json, { maxKeys: 3 });
