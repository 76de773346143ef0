import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deliveryIdFor,
  fingerprintOf,
  hashOfKey,
  isOrderId,
  operationIdFor,
  orderIdFor,
} from "#shared/domain/ids.ts";

const anyText = () => fc.string({ unit: "grapheme", maxLength: 30 });
const ids: readonly [name: string, make: (...parts: readonly [string, string, string, string]) => string][] =
  [
    ["order", (brand, key) => orderIdFor(brand, key)],
    ["delivery", (order, event, recipient) => deliveryIdFor(order, event, recipient)],
  ];

describe.each(ids)("the id of the %s", (_name, make) => {
  const parts = fc.tuple(anyText(), anyText(), anyText(), anyText());

  test("is always the same for the same parts", () => {
    fc.assert(
      fc.property(parts, (some) => {
        expect(make(...some)).toBe(make(...some));
      }),
    );
  });

  test("begins with a letter and looks neither like a number nor like JSON, so that no host turns it into one", () => {
    fc.assert(
      fc.property(parts, (some) => {
        const id = make(...some);
        expect(id).toMatch(/^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/);
        expect(() => JSON.parse(id) as unknown).toThrow(SyntaxError);
      }),
    );
  });

  test("tells apart what only looks the same when it is written together", () => {
    fc.assert(
      fc.property(fc.tuple(anyText(), anyText()), fc.nat(30), ([left, right], cut) => {
        const together = left + right;
        const other: [string, string] = [together.slice(0, cut), together.slice(cut)];
        fc.pre(other[0] !== left);
        expect(make(left, right, "", "")).not.toBe(make(...other, "", ""));
      }),
    );
  });

  test("tells apart parts that contain the separator of the other", () => {
    expect(make("1:a", "b", "", "")).not.toBe(make("1", "a1:b", "", ""));
    expect(make("a", "", "", "")).not.toBe(make("", "a", "", ""));
  });
});

test("an order's id stays what it was when it was first given out", () => {
  // Changing the way ids are made would place every replayed order a second time.
  expect(orderIdFor("pancake-palace", "checkout-1")).toBe("ord_kcpdxmd2r4rgzd8zdhqqp4f89m");
});

test("what was given out as an order's id is one, and what could be part of another address is none", () => {
  fc.assert(
    fc.property(anyText(), anyText(), (brand, key) => {
      expect(isOrderId(orderIdFor(brand, key))).toBe(true);
    }),
  );
  const id = orderIdFor("pancake-palace", "checkout-1");
  for (const text of [
    "",
    "..",
    "ord_",
    `${id}/`,
    `x${id}`,
    `${id}\n`,
    id.toUpperCase(),
    id.replace("k", "l"),
  ]) {
    expect(isOrderId(text)).toBe(false);
  }
});

test("the operation of a mail is a valid UUID of its own for every delivery", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(anyText(), (delivery) => {
      const operation = operationIdFor(delivery);
      expect(operation).toMatch(uuid);
      expect(seen.get(operation) ?? delivery).toBe(delivery);
      seen.set(operation, delivery);
    }),
  );
});

test("an API key is known by its SHA-256 in hex, and the key is not in it", () => {
  expect(hashOfKey("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

describe("the fingerprint of a body", () => {
  const body = () => fc.jsonValue({ maxDepth: 4 });

  test("does not depend on the order of members, however deep", () => {
    fc.assert(
      fc.property(body(), (value) => {
        expect(fingerprintOf(turnedAround(value))).toBe(fingerprintOf(value));
      }),
    );
  });

  test("depends on the order of a list", () => {
    expect(fingerprintOf({ lines: [1, 2] })).not.toBe(fingerprintOf({ lines: [2, 1] }));
  });

  test("differs when any value differs", () => {
    fc.assert(
      fc.property(body(), body(), (one, other) => {
        const same =
          JSON.stringify(turnedAround(sorted(one))) === JSON.stringify(turnedAround(sorted(other)));
        expect(fingerprintOf(one) === fingerprintOf(other)).toBe(same);
      }),
    );
  });

  test.each([
    [{ quantity: 1 }, { quantity: "1" }],
    [{ a: null }, {}],
    [{ a: [] }, { a: {} }],
    [{ a: { b: 1 } }, { a: 1, b: 1 }],
    [{ line2: "x" }, { region: "x" }],
  ])("%j and %j are not the same", (one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });
});

const mapMembers = (
  value: unknown,
  order: (entries: [string, unknown][]) => [string, unknown][],
): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapMembers(item, order));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    order(Object.entries(value)).map(([name, member]) => [name, mapMembers(member, order)]),
  );
};
const turnedAround = (value: unknown): unknown => mapMembers(value, (entries) => entries.toReversed());
const sorted = (value: unknown): unknown =>
  mapMembers(value, (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
