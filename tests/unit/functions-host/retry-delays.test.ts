import fc from "fast-check";
import { expect, test } from "vitest";
import { retryPolicy } from "#local/functions-host/app/retry-policy.ts";
import { delayBeforeMs } from "#local/functions-host/retry/delays.ts";

test("a fixed delay is the same before every attempt, until there is none left", () => {
  const policy = { strategy: "fixedDelay", maxRetryCount: 2, delayMs: 5000 } as const;
  expect([1, 2, 3].map((retry) => delayBeforeMs(policy, retry, 0.5))).toEqual([5000, 5000, undefined]);
});

test("a backoff starts at its minimum, never shrinks below it and never grows beyond its maximum", () => {
  const lengths = fc.record({ low: fc.integer({ min: 0, max: 60_000 }), more: fc.nat(600_000) });
  fc.assert(
    fc.property(
      lengths,
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      ({ low, more }, retry, random) => {
        const policy = {
          strategy: "exponentialBackoff",
          maxRetryCount: -1,
          minimumMs: low,
          maximumMs: low + more,
        } as const;
        expect(delayBeforeMs(policy, 1, random)).toBe(low);
        const delay = delayBeforeMs(policy, retry, random) ?? Number.NaN;
        expect(delay).toBeGreaterThanOrEqual(low);
        expect(delay).toBeLessThanOrEqual(low + more);
      },
    ),
  );
});

test("a backoff doubles, give or take a fifth", () => {
  const policy = {
    strategy: "exponentialBackoff",
    maxRetryCount: 9,
    minimumMs: 1000,
    maximumMs: 60_000,
  } as const;
  expect([1, 2, 3, 4].map((retry) => delayBeforeMs(policy, retry, 0.5))).toEqual([1000, 2000, 4000, 8000]);
});

test.for([
  [{ retryStrategy: "fixedDelay", maxRetryCount: 1.5, delayInterval: { seconds: 1 } }, "maxRetryCount"],
  [{ retryStrategy: "fixedDelay", maxRetryCount: -2, delayInterval: { seconds: 1 } }, "maxRetryCount"],
  [{ retryStrategy: "fixedDelay", maxRetryCount: 1 }, "delayInterval"],
  [{ retryStrategy: "linear", maxRetryCount: 1 }, 'strategy "linear"'],
  [
    {
      retryStrategy: "exponentialBackoff",
      maxRetryCount: 1,
      minimumInterval: { seconds: 9 },
      maximumInterval: { seconds: 1 },
    },
    "minimumInterval",
  ],
] as const)("the policy %o is refused by name", ([options, word]) => {
  expect(() => retryPolicy(options, 'function "f"')).toThrow(`function "f": retry.${word}`);
});
