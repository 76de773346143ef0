import * as fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveKey, type KeyPart } from "#local/cosmos/partition/effective-key.ts";
import { makeRanges, rangeIndexOf } from "#local/cosmos/partition/ranges.ts";

interface ClientHashing {
  hashPartitionKey(key: readonly unknown[], definition: object): string;
}

// The client computes the same hashes for bulk requests; the package does not export them.
const path = new URL("../../../node_modules/@azure/cosmos/dist/esm/utils/hashing/hash.js", import.meta.url);
const client: ClientHashing = await import(path.href);

const part = fc.oneof(
  fc.string({ unit: "binary", maxLength: 130 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
);
const asSent = (parts: readonly KeyPart[]): readonly unknown[] =>
  parts.map((value) => (value === undefined ? {} : value));

test("keys of version 1 and 2 and hierarchical ones land where the client thinks they do", () => {
  const property = fc.property(part, part, (a, b) => {
    const one = asSent([a]);
    expect(effectiveKey("v1", [a])).toBe(client.hashPartitionKey(one, { kind: "Hash", version: 1 }));
    expect(effectiveKey("v2", [a])).toBe(client.hashPartitionKey(one, { kind: "Hash", version: 2 }));
    const both = client.hashPartitionKey(asSent([a, b]), { kind: "MultiHash", version: 2 });
    expect(effectiveKey("hierarchical", [a, b])).toBe(both);
  });
  fc.assert(property, { numRuns: 1000 });
});

test.each(["v1", "v2", "hierarchical"] as const)("%s ranges cover the space and share the keys", (kind) => {
  const ranges = makeRanges(kind, 5);
  expect([ranges[0]?.min, ranges.at(-1)?.max]).toEqual(["", "FF"]);
  const counts = ranges.map(() => 0);
  for (let n = 0; n < 2000; n++) {
    const index = rangeIndexOf(ranges, kind, [`key ${n}`]);
    const place = effectiveKey(kind, [`key ${n}`]);
    expect(place >= ranges[index]!.min && place < ranges[index]!.max).toBe(true);
    counts[index]!++;
  }
  for (const count of counts) expect(count).toBeGreaterThan(300);
});
