import { expect, test } from "vitest";
import { freePortOffset } from "./support/place.ts";

test("an offset is given to one cloud only", async () => {
  const offsets = await Promise.all(Array.from({ length: 40 }, () => freePortOffset()));
  expect(new Set(offsets).size).toBe(offsets.length);
});
