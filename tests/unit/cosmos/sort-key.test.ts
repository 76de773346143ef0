import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Value } from "#local/cosmos/json.ts";
import { compareKeys } from "#local/cosmos/query/position.ts";
import { compareValues } from "#local/cosmos/sql/compare.ts";
import { sortKey } from "#local/cosmos/store/sort-key.ts";

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.string({ unit: "binary", maxLength: 8 }),
);

test("sort keys order exactly like the values they stand for, as text and as bytes", () => {
  const property = fc.property(scalar, scalar, (a, b) => {
    const expected = Math.sign(compareValues(a, b));
    const [left, right] = [sortKey(a), sortKey(b)];
    expect(Math.sign(compareKeys(left, right))).toBe(expected);
    // Nothing at all has no text, and the least of all is right for it.
    expect(Buffer.compare(Buffer.from(left ?? ""), Buffer.from(right ?? ""))).toBe(expected);
  });
  fc.assert(property, { numRuns: 3000 });
});

test("values of all types come in the order of the query language", () => {
  const ordered: readonly Value[] = [
    undefined,
    null,
    false,
    true,
    -5,
    0,
    0.1,
    1e300,
    "",
    "a",
    "b",
    [1],
    { a: 1 },
  ];
  const shuffled = ordered.toReversed();
  // An undefined element would always be sorted to the end; its key is not undefined.
  const keys = shuffled.map(sortKey).toSorted(compareKeys);
  expect(keys).toEqual(ordered.map(sortKey));
});
