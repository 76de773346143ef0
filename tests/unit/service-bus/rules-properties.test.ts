import fc from "fast-check";
import { expect, test } from "vitest";
import { BrokerError } from "#local/service-bus/errors.ts";
import { meets } from "#local/service-bus/rules/sql/evaluate.ts";
import { isLike } from "#local/service-bus/rules/sql/like.ts";
import { parseAction, parseFilter } from "#local/service-bus/rules/sql/parse.ts";
import { EvaluationFault, type SqlValue } from "#local/service-bus/rules/sql/values.ts";
import * as model from "./sql-model.ts";

const numbers = ["a", "b"].map((name) => model.column(name));
const texts = ["s", "t"].map((name) => model.column(name));
const numeric = fc.letrec<{ value: model.ModelledValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.bigInt(0n, 9n).map(model.integer),
    fc.bigInt(0n, 2n ** 63n - 1n).map(model.integer),
    fc.constantFrom(...numbers),
    fc
      .tuple(fc.constantFrom(...model.operatorSigns), tie("value"), tie("value"))
      .map((parts) => model.calculated(...parts)),
  ),
})).value;
const letters = fc.string({ unit: fc.constantFrom("a", "b", "%", "_", "'", "!", "\n"), maxLength: 4 });
const textual = fc.oneof(letters.map(model.words), fc.constantFrom(...texts));
/** No pattern that ends in its escape character: that is a fault, not an answer. */
const pattern = letters.map((text) => text.replaceAll("!", "!!"));
const negated = fc.boolean();
const sign = fc.constantFrom(...model.comparisonSigns);

const condition = fc.letrec<{ any: model.Modelled }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(sign, numeric, numeric).map((parts) => model.compared(...parts)),
    fc.tuple(sign, textual, textual).map((parts) => model.compared(...parts)),
    fc.tuple(fc.constantFrom("a", "b", "s", "t"), negated).map((parts) => model.isNull(...parts)),
    fc
      .tuple(numeric, fc.array(numeric, { minLength: 1, maxLength: 3 }), negated)
      .map((parts) => model.within(...parts)),
    fc.tuple(textual, pattern, negated).map((parts) => model.like(...parts)),
    fc.tuple(tie("any"), tie("any")).map((parts) => model.and(...parts)),
    fc.tuple(tie("any"), tie("any")).map((parts) => model.or(...parts)),
    tie("any").map(model.not),
  ),
})).any;

const number = fc.option(fc.bigInt(-3n, 9n), { nil: undefined });
const text = fc.option(letters, { nil: undefined });
const row = fc.record({ a: number, b: number, s: text, t: text });
const propertiesOf = (values: Readonly<Record<string, SqlValue>>) => ({
  system: () => undefined,
  user: (name: string) => values[name],
  hasUser: (name: string) => Object.hasOwn(values, name),
});

test("every condition means what a naive model says, unknowns included", () => {
  const seen = new Map<boolean | undefined, number>();
  fc.assert(
    fc.property(condition, row, (wanted, values) => {
      fc.pre(wanted.sql.length <= 1024);
      const found = meets(parseFilter(wanted.sql), propertiesOf(values));
      seen.set(found, (seen.get(found) ?? 0) + 1);
      expect(found).toBe(wanted.means(values));
    }),
    { numRuns: 3000 },
  );
  // All three answers occur often, or the test says little.
  for (const answer of [true, false, undefined]) expect(seen.get(answer) ?? 0).toBeGreaterThan(200);
});

const fragments = fc.constantFrom(
  ..."( ) , . ; + - * / % = <> != < <= > >= @p 'x' '' \"q\" [b c] [ ] ' \" a sys. user. sys.Label and or not is null in like escape exists true false set remove newid() property( p( 1 1.5 2e9 99999999999999999999 \u0000 é 😀".split(
    " ",
  ),
);

test("whatever is written is understood or refused, and evaluated or faulted, at once", () => {
  const source = fc.oneof(
    fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join(" ")),
    fc.string({ unit: "binary", maxLength: 60 }),
    // Something sensible with one thing put in the place of another.
    fc.tuple(condition, fc.nat(), fc.nat(3), fragments).map(([{ sql }, at, length, fragment]) => {
      const place = at % (sql.length + 1);
      return sql.slice(0, place) + fragment + sql.slice(place + length);
    }),
  );
  let understood = 0;
  fc.assert(
    fc.property(source, row, (sql, values) => {
      for (const parse of [parseFilter, parseAction]) {
        try {
          const parsed = parse(sql, { p: "x" });
          understood++;
          if (!Array.isArray(parsed)) meets(parsed, propertiesOf(values));
        } catch (error) {
          const refused = error instanceof BrokerError && error.code !== "internal";
          if (!refused && !(error instanceof EvaluationFault)) throw error;
        }
      }
    }),
    { numRuns: 5000 },
  );
  expect(understood).toBeGreaterThan(100);
});

test.each([
  ["parentheses", "(".repeat(1024)],
  ["closing", `${"(".repeat(500)}a=1${")".repeat(500)}`],
  ["nots", "not ".repeat(256)],
  ["signs", `a=${"-".repeat(1000)}1`],
  ["functions", "p(".repeat(500)],
  ["quotes", "'".repeat(1023)],
  ["brackets", "[".repeat(1024)],
  ["digits", `a=${"9".repeat(1000)}`],
])("a thousand %s are refused quickly", (_, sql) => {
  const startedAt = performance.now();
  expect(() => parseFilter(sql)).toThrow(BrokerError);
  expect(performance.now() - startedAt).toBeLessThan(100);
});

test("the longest chains are evaluated", () => {
  const ands = Array.from({ length: 140 }, () => "a=1").join(" or ");
  expect(meets(parseFilter(ands), propertiesOf({ a: 2n }))).toBe(false);
  const sums = `a=${Array.from({ length: 500 }, () => "1").join("+")}`;
  expect(meets(parseFilter(sums), propertiesOf({ a: 500n }))).toBe(true);
});

test("LIKE does not run away", () => {
  const startedAt = performance.now();
  expect(isLike("a".repeat(60_000), `${"%a".repeat(500)}%b`, undefined)).toBe(false);
  expect(isLike("a".repeat(60_000), `%${"a_".repeat(400)}b%`, undefined)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
