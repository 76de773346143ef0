import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCourse, everyCourse } from "./choices.ts";
import { live, type Rest, type Story } from "./order-world.ts";

const times = (list: readonly string[], what: string): number => list.filter((one) => one === what).length;

/** What may be written in the order's own document once it has come to rest. */
const BOOKS: Readonly<Record<string, readonly string[]>> = {
  confirmed: ["captured reserved"],
  "needs-attention": ["declined released", "due short"],
  cancelled: ["not-taken released"],
  refunded: ["refunded released"],
};

/** What must hold for every order that has come to rest, whatever happened on the way. */
function expectOneTruth({ order, money, held, told, parked }: Rest): void {
  expect(parked, "nobody has to look at a dead letter").toEqual([]);
  expect(order.pendingSince, "everything was told").toBeUndefined();
  expect(told, "nothing was told twice").toHaveLength(new Set(told).size);
  expect(times(money, "capture"), "charged at most once").toBeLessThanOrEqual(1);

  expect(BOOKS[order.status]).toContain(`${order.payment.state} ${order.stock.state}`);

  const isConfirmed = order.status === "confirmed";
  const kept = times(money, "capture") - times(money, "refund");
  const reserved = times(money, "authorise") - times(money, "capture") - times(money, "void");
  expect({ kept, reserved, held }, order.status).toEqual({
    kept: isConfirmed ? 1 : 0,
    reserved: 0,
    held: isConfirmed ? 2 : 0,
  });
  expect(told.includes("order.refunded.v1")).toBe(order.status === "refunded");
  expect(times(money, "refund") > 0 && order.status === "cancelled", "a refund is told").toBe(false);
}

/** Hundreds of random courses, with up to so many deaths. */
const whateverHappens = (story: Story, deaths: number, check: (rest: Rest) => void): Promise<void> =>
  fc.assert(
    fc.asyncProperty(anyCourse(deaths), async (choose) => {
      const rest = await live(story, choose);
      expectOneTruth(rest);
      check(rest);
    }),
    { numRuns: 400 },
  );

describe("an order with goods and money", () => {
  test("is confirmed, charged once and held once, however often the work dies and is done again", async () => {
    await whateverHappens({ twice: true }, 4, ({ order, money, told }) => {
      expect(order.status).toBe("confirmed");
      expect(money).toEqual(["authorise", "capture"]);
      expect(told).toEqual(["order.placed.v1", "order.confirmed.v1"]);
    });
  });

  test("ends either confirmed and paid or cancelled with all given back, whenever it is cancelled", async () => {
    await whateverHappens({ cancelled: true }, 3, ({ order }) => {
      expect(["confirmed", "cancelled", "refunded"]).toContain(order.status);
    });
  });

  test("does so as well when the work is done twice at the same time", async () => {
    await whateverHappens({ cancelled: true, twice: true }, 3, ({ order }) => {
      expect(["confirmed", "cancelled", "refunded"]).toContain(order.status);
    });
  });
});

describe("an order whose card is declined", () => {
  test("waits for the customer, with its goods given back and nothing charged", async () => {
    await whateverHappens({ token: "tok_declined", twice: true }, 4, ({ order, money }) => {
      expect(order).toMatchObject({ status: "needs-attention", attention: { reason: "payment-declined" } });
      expect(money).toEqual([]);
    });
  });

  test("can be cancelled at any moment", async () => {
    await whateverHappens({ token: "tok_declined", twice: true, cancelled: true }, 3, ({ order, money }) => {
      expect(["needs-attention", "cancelled"]).toContain(order.status);
      expect(money).toEqual([]);
    });
  });
});

describe("an order whose goods are short", () => {
  test("waits for the customer and is not charged", async () => {
    await whateverHappens({ available: 1, twice: true }, 4, ({ order, money }) => {
      expect(order).toMatchObject({ status: "needs-attention", attention: { reason: "out-of-stock" } });
      expect(money).toEqual([]);
    });
  });

  test("is either confirmed or waits with nothing kept, when goods come in meanwhile", async () => {
    await whateverHappens({ available: 1, delivered: 5, twice: true }, 3, ({ order }) => {
      expect(["confirmed", "needs-attention"]).toContain(order.status);
    });
  });

  test("keeps nothing either when it is cancelled on top of that", async () => {
    await whateverHappens({ available: 1, delivered: 5, twice: true, cancelled: true }, 3, ({ order }) => {
      expect(["confirmed", "needs-attention", "cancelled", "refunded"]).toContain(order.status);
    });
  });
});

/** On a busy machine; a second or two otherwise. */
const SLOW = { timeout: 30_000 };

const stories: readonly [what: string, story: Story][] = [
  ["done twice", { twice: true }],
  ["cancelled", { cancelled: true }],
  ["declined and cancelled", { token: "tok_declined", cancelled: true }],
  ["done twice while goods come in", { available: 1, delivered: 5, twice: true }],
];

test.each(stories)(
  "in every course with up to two surprises, an order that is %s comes to rest with one truth",
  SLOW,
  async (_what, story) => {
    const courses = await everyCourse(2, async (choose) => expectOneTruth(await live(story, choose)));
    expect(courses).toBeGreaterThan(300);
  },
);
