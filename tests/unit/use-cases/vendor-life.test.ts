import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCourse, everyCourse } from "./choices.ts";
import { type Answer, type Rest, type Story, tell } from "./notify-world.ts";

const CONFIRMED = "order.confirmed.v1";
const CANCELLED = "order.cancelled.v1";

/** What reached the vendor for the first time, in order: a repeat carries the same id and is known by it. */
const firsts = ({ received }: Rest): string[] => [
  ...new Map(received.map(({ id, type }) => [id, type])).values(),
];
/** No event reaches the vendor under two ids, and in the end no delivery waits for anything. */
const expectEachOnce = (rest: Rest): void => {
  expect(rest.deliveries.map(({ state }) => state)).not.toContain("pending");
  expect(rest.deliveries.map(({ state }) => state)).not.toContain("sending");
  expect(firsts(rest)).toHaveLength(new Set(firsts(rest)).size);
};

/** Whoever was told of the order is told that it is cancelled, after that, and nobody else is. */
function expectExactlyTheToldAreTold(rest: Rest): void {
  expectEachOnce(rest);
  const isCancelled = rest.order.status === "cancelled";
  expect(isCancelled ? [[], [CONFIRMED, CANCELLED]] : [[CONFIRMED]]).toContainEqual(firsts(rest));
}

const anyAnswers = (...answers: readonly Answer[]) => fc.array(fc.constantFrom(...answers), { maxLength: 6 });

/** Hundreds of random courses, with up to so many deaths. */
const whateverHappens = (
  answers: fc.Arbitrary<Answer[]>,
  story: Story,
  deaths: number,
  check: (rest: Rest) => void,
) =>
  fc.assert(
    fc.asyncProperty(answers, anyCourse(deaths), async (first, choose) => {
      check(await tell({ ...story, answers: first }, choose));
    }),
    { numRuns: 300 },
  );

describe("a vendor", () => {
  test("is told of an order, under one id, however often the work dies, is refused or not answered", async () => {
    await whateverHappens(anyAnswers("taken", "refused", "lost"), { twice: true }, 4, (rest) => {
      expectEachOnce(rest);
      expect(firsts(rest)).toEqual([CONFIRMED]);
      expect(rest.deliveries.map(({ state }) => state)).toEqual(["delivered"]);
    });
  });

  test("who was told of an order is told of its cancellation, and nobody else is", async () => {
    await whateverHappens(
      anyAnswers("taken", "refused", "lost"),
      { cancelled: true },
      3,
      expectExactlyTheToldAreTold,
    );
  });

  test("so it is as well when every message is handled twice at the same time", async () => {
    const story = { cancelled: true, twice: true };
    await whateverHappens(anyAnswers("taken", "refused", "lost"), story, 3, expectExactlyTheToldAreTold);
  });

  test("who wants no more notices is not told of a cancellation of what it never heard of", async () => {
    await whateverHappens(fc.constant<Answer[]>(["gone"]), { cancelled: true }, 2, ({ received }) => {
      expect(received).toEqual([]);
    });
  });
});

/** On a busy machine; a second or two otherwise. */
const SLOW = { timeout: 30_000 };

const stories: readonly [surprises: number, what: string, story: Story][] = [
  [3, "taken", {}],
  [2, "taken, in two deliveries at the same time", { twice: true }],
  [2, "refused at first", { answers: ["refused"] }],
  [2, "refused at first, in two deliveries at the same time", { answers: ["refused"], twice: true }],
  [3, "not answered, and then refused", { answers: ["lost", "refused"] }],
];

test.each(stories)(
  "in every course with up to %i surprises, a cancellation of an order whose notice is %s reaches exactly the told",
  SLOW,
  async (surprises, _what, story) => {
    const courses = await everyCourse(surprises, async (choose) => {
      expectExactlyTheToldAreTold(await tell({ ...story, cancelled: true }, choose));
    });
    expect(courses).toBeGreaterThan(150);
  },
);
