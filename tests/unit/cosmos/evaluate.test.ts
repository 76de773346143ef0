import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, Value } from "#local/cosmos/json.ts";
import { Refusal } from "#local/cosmos/refusal.ts";
import { compileLike } from "#local/cosmos/sql/like.ts";
import { parseQuery } from "#local/cosmos/sql/parse-query.ts";
import { compileSelect, makeScope } from "#local/cosmos/sql/select.ts";
import { startWork } from "#local/cosmos/sql/work.ts";

function evaluate(text: string, document: Json = {}): Value {
  const select = compileSelect(parseQuery(`SELECT VALUE ${text} FROM c`), makeScope(), true);
  startWork();
  return select.project([document]);
}

const cases: readonly (readonly [string, Value])[] = [
  ["1 + 2 * 3 - -4", 11],
  ["(1 + 2) * 3", 9],
  ["7 % 4 | 8", 11],
  ["1 / 0", undefined],
  ["'a' || 'b' || 1", undefined],
  ["1 < 2 AND 'a' < 'b'", true],
  ["1 < 'a'", undefined],
  ["1 = '1'", false],
  ["1 != '1'", true],
  ["null = null", true],
  ["c.x = null", undefined],
  ["c.x = undefined", undefined],
  ["false AND c.x", false],
  ["true OR c.x", true],
  ["true AND c.x = 1", undefined],
  ["NOT c.x = 1", undefined],
  ["NOT true = false", true],
  ["1 IN (2, c.x, 1)", true],
  ["c.x IN (1)", undefined],
  ["5 BETWEEN 1 AND 5 AND true", true],
  ["5 NOT BETWEEN 1 AND 5", false],
  ["c.x ?? 'default'", "default"],
  ["null ?? 1", null],
  ["c.x = 1 ? 'yes' : 'no'", "no"],
  ["[1, c.x, [2]]", [1, [2]]],
  ["{a: 1, 'b c': c.x, \"d\": {}}", { a: 1, d: {} }],
  ["{a: {b: [1, 2]}}.a['b'][1]", 2],
  ['"tab\\t \\u0041 \\\'"', "tab\t A '"],
  ["UPPER(SUBSTRING('hello', 1, 3))", "ELL"],
  ["ROUND(-2.5)", -3],
  ["ARRAY_LENGTH([1,2]) + LENGTH('abc')", 5],
  ["IS_DEFINED(c.constructor)", false],
  ["c['__proto__']", undefined],
  [".5e1", 5],
  ["0xff", 255],
];

test.each(cases)("%s is %j", (text, expected) => {
  expect(evaluate(text)).toEqual(expected);
});

test("equality is deep and does not mind the order of members", () => {
  expect(evaluate("{a: 1, b: [2]} = c", { b: [2], a: 1 })).toBe(true);
  expect(evaluate("c = {a: 1}", { a: 1, b: 2 })).toBe(false);
  expect(evaluate("{a: 1} = c", { a: 1, b: 2 })).toBe(false);
});

/** Another way to say what LIKE means, for % and _ only. */
function matchesNaively(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] === "%") {
    return matchesNaively(pattern.slice(1), text) || (text !== "" && matchesNaively(pattern, text.slice(1)));
  }
  if (text === "" || (pattern[0] !== "_" && pattern[0] !== text[0])) return false;
  return matchesNaively(pattern.slice(1), text.slice(1));
}

test("LIKE agrees with its definition", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "%", "_"), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (like, value) => {
      expect(compileLike(like, undefined)(value)).toBe(matchesNaively(like, value));
    }),
    { numRuns: 2000 },
  );
});

test("LIKE knows sets, ranges, their negation and an escape character", () => {
  expect(compileLike("[a-c]x[^12]", undefined)("bx3")).toBe(true);
  expect(compileLike("[a-c]x[^12]", undefined)("bx1")).toBe(false);
  expect(compileLike("100!%", "!")("100%")).toBe(true);
  expect(compileLike("100!%", "!")("1000")).toBe(false);
});

function outcomeOf(text: string): unknown {
  try {
    parseQuery(text);
    return "fine";
  } catch (error) {
    return error instanceof Refusal ? "fine" : error;
  }
}

test("no text crashes the parser: it is a query or a refusal", () => {
  const word = fc.constantFrom(
    ..."SELECT VALUE TOP FROM c WHERE AND OR NOT IN BETWEEN LIKE ORDER BY DESC OFFSET LIMIT AS".split(" "),
    ..."( ) [ ] { } , . : ? ?? + - * / = != < > 1 'x' @p \" \\ c.x COUNT(1) IS_DEFINED".split(" "),
  );
  const text = fc.oneof(
    fc.array(word, { maxLength: 20 }).map((words) => words.join(" ")),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (rest) => {
      expect(outcomeOf(`SELECT ${rest}`)).toBe("fine");
    }),
    { numRuns: 5000 },
  );
});
