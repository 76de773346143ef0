import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject, Value } from "#local/cosmos/json.ts";
import { Refusal } from "#local/cosmos/refusal.ts";
import { parseQuery } from "#local/cosmos/sql/parse-query.ts";
import { compileSelect, makeScope, resultsOf } from "#local/cosmos/sql/select.ts";
import { startWork } from "#local/cosmos/sql/work.ts";

/**
 * The evaluator against another one, written the slow and obvious way: it works on the expression that the text was
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

const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
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

function textOf(tree: Node): string {
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
function canonical(value: Json): string {
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

function valueOf(tree: Node, document: JsonObject): Value {
  const get = (child: Node): Value => valueOf(child, document);
  switch (tree.op) {
    case "value":
      return tree.value;
    case "path": {
      let at: Value = document;
      for (const name of tree.names) {
        const entries: [string, Json][] =
          typeof at === "object" && at !== null && !Array.isArray(at) ? Object.entries(at) : [];
        at = entries.find(([key]) => key === name)?.[1];
      }
      return at;
    }
    case "not": {
      const a = get(tree.a);
      return typeof a === "boolean" ? !a : undefined;
    }
    case "defined":
      return get(tree.a) !== undefined;
    case "count":
      return get(tree.a) === undefined ? 1 : 2;
    case "and":
    case "or": {
      const both = [get(tree.a), get(tree.b)];
      if (both.includes(tree.op === "or")) return tree.op === "or";
      return both.every((side) => typeof side === "boolean") ? tree.op === "and" : undefined;
    }
    case "+": {
      const a = get(tree.a);
      const b = get(tree.b);
      return typeof a === "number" && typeof b === "number" ? a + b : undefined;
    }
    case "??":
      return get(tree.a) ?? (get(tree.a) === null ? null : get(tree.b));
    case "if":
      return get(tree.a) === true ? get(tree.b) : get(tree.c);
    case "in": {
      const a = get(tree.a);
      return a === undefined ? undefined : tree.list.some((option) => compared("=", a, get(option)) === true);
    }
    case "array":
      return tree.list.map(get).filter((value) => value !== undefined);
    default:
      return compared(tree.op, get(tree.a), get(tree.b));
  }
}

function evaluate(query: string, document: Json): Value[] {
  startWork();
  return [...resultsOf(compileSelect(parseQuery(query), makeScope(), true), [document])];
}

const documents = fc.dictionary(fc.constantFrom(...names), json, { maxKeys: 3 });

test("expressions mean what the naive model says", () => {
  fc.assert(
    fc.property(node, documents, (tree, document) => {
      const found = evaluate(`SELECT VALUE {r: ${textOf(tree)}} FROM c`, document);
      const expected = valueOf(tree, document);
      expect(found).toEqual([expected === undefined ? {} : { r: expected }]);
    }),
    { numRuns: 3000 },
  );
});

test("filters, groups, distinct and joins agree with loops over arrays", () => {
  const list = fc.array(documents, { maxLength: 6 });
  fc.assert(
    fc.property(list, node, (all, tree) => {
      const text = textOf(tree);
      const holder = { all };
      const kept = all.filter((document) => valueOf(tree, document) === true);
      const from = `FROM c IN h.all WHERE ${text}`;
      expect(evaluate(`SELECT VALUE ARRAY(SELECT VALUE c ${from}) FROM h`, holder)).toEqual([kept]);
      const xs = kept.map((document) => document["x"]);
      const distinct = [...new Map(xs.map((x) => [x === undefined ? "" : canonical(x), x])).values()];
      const defined = distinct.filter((x) => x !== undefined);
      const found = evaluate(`SELECT VALUE ARRAY(SELECT DISTINCT VALUE c.x ${from}) FROM h`, holder)[0];
      expect(new Set(Array.isArray(found) ? found.map(canonical) : [])).toEqual(
        new Set(defined.map(canonical)),
      );
      const groups = evaluate(
        `SELECT VALUE ARRAY(SELECT c.x, COUNT(1) AS n ${from} GROUP BY c.x) FROM h`,
        holder,
      )[0];
      expect(groups).toHaveLength(distinct.length);
      const joined = kept.flatMap((document) => (Array.isArray(document["y"]) ? document["y"] : []));
      const join = from.replace("WHERE", "JOIN e IN c.y WHERE");
      expect(evaluate(`SELECT VALUE ARRAY(SELECT VALUE e ${join}) FROM h`, holder)).toEqual([joined]);
    }),
    { numRuns: 1500 },
  );
});

const word = fc.constantFrom(
  ..."SELECT VALUE TOP 3 DISTINCT FROM c WHERE AND OR NOT IN BETWEEN LIKE GROUP ORDER BY DESC OFFSET LIMIT AS JOIN t IN c.x".split(
    " ",
  ),
  ..."( ) [ ] { } , . : ? ?? + - * / % & | ^ ~ << = != < > 1 0 1e308 'x' \"a\" \\ c.x c.y t null undefined true".split(
    " ",
  ),
  ..."COUNT(1) SUM(c.x) MAKELIST(c.x) ARRAY(SELECT EXISTS(SELECT (SELECT (SELECT".split(" "),
  ...[
    "REPLICATE('ab', 9999)",
    "CONCAT(c.x, 'a')",
    "ARRAY_CONCAT(c.y, c.y)",
    "REGEXMATCH(c.x, '(a+)+$')",
    "ToString(c)",
  ],
  ...[
    "IS_DEFINED(",
    "SETUNION(c.y, c.y)",
    "DateTimeAdd('yyyy', 99999, '2026-01-01')",
    "STRINGTOARRAY(c.x)",
    "INTDIV(1, c.x)",
  ],
);

test("whatever is asked, the answer is results or a refusal, and soon", () => {
  const text = fc.oneof(
    { weight: 4, arbitrary: fc.array(word, { maxLength: 25 }).map((parts) => parts.join(" ")) },
    { weight: 2, arbitrary: node.map((tree) => `VALUE ${textOf(tree)} FROM c`) },
    { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  );
  fc.assert(
    fc.property(text, documents, (rest, document) => {
      const start = performance.now();
      let outcome: unknown = "fine";
      try {
        evaluate(`SELECT ${rest}`, document);
      } catch (error) {
        if (!(error instanceof Refusal)) outcome = error;
      }
      expect(outcome).toBe("fine");
      expect(performance.now() - start).toBeLessThan(2000);
    }),
    { numRuns: 6000 },
  );
});

const long = "a".repeat(1_000_000);
const many = Array.from({ length: 20_000 }, (_, n) => n);

test.each([
  [
    "a product of joins in one subquery",
    "(SELECT VALUE COUNT(1) FROM x IN c.many JOIN y IN c.many JOIN z IN c.many)",
  ],
  [
    "a text that doubles at every level",
    doubling(30, (inner) => `(SELECT VALUE CONCAT(v, v) FROM (SELECT VALUE ${inner}) AS v)`, "c.long"),
  ],
  [
    "a value that doubles at every level",
    doubling(40, (inner) => `(SELECT VALUE [v, v] FROM (SELECT VALUE ${inner}) AS v)`, "c.many"),
  ],
  ["a pattern with many runs", `c.long LIKE '${"%a".repeat(2000)}b'`],
  ["a long search", `CONTAINS(c.long, CONCAT('b', c.long))`],
  ["a pattern that backtracks", "REGEXMATCH(c.long, '(a|aa)+(b|c)(d|e)$')"],
  ["a comparison of large arrays", `[${"c.many,".repeat(500)}0] = [${"c.same,".repeat(500)}1]`],
])("%s is stopped", (_title, expression) => {
  const document = { long, many, same: [...many] };
  const start = performance.now();
  expect(() => evaluate(`SELECT VALUE ${expression} FROM c`, document)).toThrow(/stopped|linear time/);
  expect(performance.now() - start).toBeLessThan(3000);
});

function doubling(levels: number, wrap: (inner: string) => string, seed: string): string {
  let text = seed;
  for (let level = 0; level < levels; level++) text = wrap(text);
  return text;
}
