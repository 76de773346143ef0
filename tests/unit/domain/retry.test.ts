import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, type FailedAttempt, type FailureClass, type RetryPolicy } from "#shared/domain/retry.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 1);

const policy: RetryPolicy = { baseMs: 10 * SECOND, capMs: 15 * MINUTE };
const transient: FailureClass = { kind: "transient", description: "answered 503" };
const permanent: FailureClass = { kind: "permanent", reason: "MailRefused", description: "no such address" };
const bug: FailureClass = { kind: "bug", description: "x is not a function" };

const aFailure = (changes: Partial<FailedAttempt> = {}): FailedAttempt => ({
  failure: transient,
  attempt: 1,
  firstEnqueuedAtMs: START,
  budgetMs: 24 * HOUR,
  nowMs: START,
  chance: 0.5,
  ...changes,
});

const anyChance = () => fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyFailure = (): fc.Arbitrary<FailureClass> =>
  fc.oneof(
    fc.constantFrom(transient, permanent, bug),
    fc.record({
      kind: fc.constant("transient" as const),
      retryAfterMs: fc.integer({ min: -HOUR, max: 100 * HOUR }),
      description: fc.constant("answered 429"),
    }),
  );
const anyPolicy = (): fc.Arbitrary<RetryPolicy> =>
  fc.record({ baseMs: fc.integer({ min: 1, max: HOUR }), capMs: fc.integer({ min: 1, max: 24 * HOUR }) });
const anyAttempt = (): fc.Arbitrary<FailedAttempt> =>
  fc
    .record({
      failure: anyFailure(),
      attempt: fc.integer({ min: 1, max: 5000 }),
      budgetMs: fc.integer({ min: 1, max: 72 * HOUR }),
      lateMs: fc.integer({ min: 0, max: 100 * HOUR }),
      chance: anyChance(),
    })
    .map(({ lateMs, ...rest }) => aFailure({ ...rest, nowMs: START + lateMs }));

describe("any failed attempt", () => {
  test("is tried again neither before now nor after the deadline", () => {
    fc.assert(
      fc.property(anyAttempt(), anyPolicy(), (failed, anyOne) => {
        const decision = decide(failed, anyOne);
        if (decision.kind === "park") return;
        expect(decision.atMs).toBeGreaterThanOrEqual(failed.nowMs);
        expect(decision.atMs).toBeLessThanOrEqual(failed.firstEnqueuedAtMs + failed.budgetMs);
        expect(Number.isInteger(decision.atMs)).toBe(true);
      }),
    );
  });

  test("comes to an end: after the deadline nothing is tried again", () => {
    fc.assert(
      fc.property(anyAttempt(), (failed) => {
        const nowMs = Math.max(failed.nowMs, failed.firstEnqueuedAtMs + failed.budgetMs);
        expect(decide({ ...failed, nowMs }, policy).kind).toBe("park");
      }),
    );
  });

  test("is parked only with a reason and a description that say something", () => {
    fc.assert(
      fc.property(anyAttempt(), anyPolicy(), (failed, anyOne) => {
        const decision = decide(failed, anyOne);
        if (decision.kind !== "park") return;
        expect(decision.reason).toMatch(/^[A-Z]\w+$/);
        expect(decision.description).toContain(failed.failure.description);
      }),
    );
  });
});

describe("a permanent failure", () => {
  test("is parked at once, with its own reason", () => {
    const { reason, description } = { reason: "MailRefused", description: "no such address" };
    expect(decide(aFailure({ failure: permanent }), policy)).toEqual({ kind: "park", reason, description });
  });
});

describe("a bug", () => {
  test.each([1, 2, 3, 4])("is tried again after attempt %i", (attempt) => {
    expect(decide(aFailure({ failure: bug, attempt }), policy).kind).toBe("retry");
  });

  test.each([5, 6, 100])("is parked after attempt %i", (attempt) => {
    expect(decide(aFailure({ failure: bug, attempt }), policy)).toEqual({
      kind: "park",
      reason: "Bug",
      description: bug.description,
    });
  });

  test("is seen by people within ten minutes, even with the longest waits", () => {
    let nowMs = START;
    let attempt = 0;
    for (;;) {
      const decision = decide(
        aFailure({ failure: bug, attempt: ++attempt, nowMs, chance: 0.999999 }),
        policy,
      );
      if (decision.kind === "park") break;
      nowMs = decision.atMs;
    }
    expect(nowMs - START).toBeLessThanOrEqual(10 * MINUTE);
  });
});

describe("Retry-After", () => {
  test("is honoured, and never stretched by more than a tenth", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: SECOND, max: 24 * HOUR }),
        fc.integer({ min: 1, max: 100 }),
        anyChance(),
        (retryAfterMs, attempt, chance) => {
          const failure = { ...transient, retryAfterMs };
          const decision = decide(aFailure({ failure, attempt, chance, budgetMs: 72 * HOUR }), policy);
          if (decision.kind === "park") throw new Error("parked");
          expect(decision.atMs - START).toBeGreaterThanOrEqual(retryAfterMs);
          expect(decision.atMs - START).toBeLessThanOrEqual(Math.ceil(retryAfterMs * 1.1));
        },
      ),
    );
  });

  test.each([
    ["nothing at all", 0, SECOND],
    ["the past", -5000, SECOND],
    ["next month", 30 * 24 * HOUR, 24 * HOUR],
  ])("that asks for %s is brought to a sensible wait", (_what, retryAfterMs, expected) => {
    const failure = { ...transient, retryAfterMs };
    expect(decide(aFailure({ failure, chance: 0, budgetMs: 72 * HOUR }), policy)).toEqual({
      kind: "retry",
      atMs: START + expected,
    });
  });
});

describe("waits", () => {
  const longest = (attempt: number): number => {
    const decision = decide(aFailure({ attempt, chance: 1 - Number.EPSILON }), policy);
    return decision.kind === "retry" ? decision.atMs - START : Number.NaN;
  };

  test("double up to the cap", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50, 5000].map(longest)).toEqual(
      [20, 40, 80, 160, 320, 640, 900, 900, 900].map((seconds) => seconds * SECOND),
    );
  });

  test("are spread evenly between nothing and the longest one", () => {
    const waits = [0, 0.25, 0.5, 0.75].map((chance) => decide(aFailure({ chance }), policy));
    expect(waits).toEqual(
      [0, 5, 10, 15].map((seconds) => ({ kind: "retry", atMs: START + seconds * SECOND })),
    );
  });
});

test("the last try is made at the deadline itself", () => {
  const deadline = START + 24 * HOUR;
  expect(decide(aFailure({ nowMs: deadline - 1, attempt: 20 }), policy)).toEqual({
    kind: "retry",
    atMs: deadline,
  });
  expect(decide(aFailure({ nowMs: deadline, attempt: 21 }), policy)).toEqual({
    kind: "park",
    reason: "BudgetExhausted",
    description: "Given up after 21 attempts; the last one failed with: answered 503",
  });
});
