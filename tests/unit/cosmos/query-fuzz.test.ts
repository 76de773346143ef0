import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, Value } from "#local/cosmos/json.ts";
import { Refusal } from "#local/cosmos/refusal.ts";
import { parseQuery } from "#local/cosmos/sql/parse-query.ts";
import { compileSelect, makeScope, resultsOf } from "#local/cosmos/sql/select.ts";
import { startWork } from "#local/cosmos/sql/work.ts";
import { documents, node, textOf } from "./naive-model.ts";

function evaluate(query: string, document: Json): Value[] {
  startWork();
  return [...resultsOf(compileSelect(parseQuery(query), makeScope(), true), [document])];
}

const words =
  "SELECT VALUE TOP 3 DISTINCT FROM c WHERE AND OR NOT IN BETWEEN LIKE GROUP ORDER BY DESC OFFSET LIMIT AS JOIN t IN c.x " +
  "( ) [ ] { } , . : ? ?? + - * / % & | ^ ~ << = != < > 1 0 1e308 'x' \"a\" \\ c.x c.y t null undefined true " +
  "COUNT(1) SUM(c.x) MAKELIST(c.x) ARRAY(SELECT EXISTS(SELECT (SELECT (SELECT IS_DEFINED( ToString(c)";
const word = fc.constantFrom(
  ...words.split(" "),
  "REPLICATE('ab', 9999)",
  "CONCAT(c.x, 'a')",
  "ARRAY_CONCAT(c.y, c.y)",
  "REGEXMATCH(c.x, '(a+)+$')",
  "SETUNION(c.y, c.y)",
  "DateTimeAdd('yyyy', 99999, '2026-01-01')",
  "STRINGTOARRAY(c.x)",
  "INTDIV(1, c.x)",
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
