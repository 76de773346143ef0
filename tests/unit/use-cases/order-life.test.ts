import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCourse, everyCourse } from "./choices.ts";
import { live, type Rest, type Story } from "./order-world.ts";

const times = (list: readonly string[], what: string): number => list.filter((one) => one === what).length;

/** What may be written in the order's own document once it has come to rest. */
const BOOKS: Readonly<Record<string, readonly string[]>> = {
  confirmed: ["captured reserved"],
  fulfilled: ["captured sold"],
  "needs-attention": ["declined released", "due short"],
  cancelled: ["not-taken released"],
  refunded: ["refunded released"],
};

/** What must hold for every order that has come to rest, whatever happened on the way. */
function expectOneTruth({ order, money, held, sold, told, parked }: Rest): void {
  expect(parked, "nobody has to look at a dead letter").toEqual([]);
  expect(order.pendingSince, "everything was told").toBeUndefined();
  const news = told.filter((event) => event !== "order.attention-needed.v1");
  expect(news, "nothing but questions was told twice").toHaveLength(new Set(news).size);
  expect(times(money, "capture") - times(money, "refund"), "charged at most once").toBeLessThanOrEqual(1);

  expect(BOOKS[order.status]).toContain(`${order.payment.state} ${order.stock.state}`);

  const isFulfilled = order.status === "fulfilled";
  const isConfirmed = order.status === "confirmed";
  const stands = isConfirmed || isFulfilled;
  const kept = times(money, "capture") - times(money, "refund");
  const reserved = times(money, "authorise") - times(money, "capture") - times(money, "void");
  expect({ kept, reserved, held, sold }, order.status).toEqual({
    kept: stands ? 1 : 0,
    reserved: 0,
    held: isConfirmed ? 2 : 0,
    sold: isFulfilled ? 2 : 0,
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

const newCard = { choice: "new-card", token: "tok_visa" } as const;

describe("an order whose customer is asked", () => {
  test("pays with the new card, once, however often the work dies and is done again", async () => {
    const story: Story = { token: "tok_declined", answers: [newCard], twice: true };
    await whateverHappens(story, 4, ({ order, money }) => {
      expect(order).toMatchObject({ status: "confirmed", payment: { key: `pay_${order.id}_2` } });
      expect(money).toEqual(["authorise", "capture"]);
    });
  });

  test("asks again when the new card is declined too, and takes the third", async () => {
    const bad = { choice: "new-card", token: "tok_declined" } as const;
    const story: Story = { token: "tok_declined", answers: [bad, newCard] };
    await whateverHappens(story, 3, ({ order }) => {
      expect(order).toMatchObject({ status: "confirmed", payment: { key: `pay_${order.id}_3` } });
    });
  });

  test("keeps nothing of an earlier round when goods come in while the customer answers", async () => {
    const answers = [{ choice: "try-again" }, { choice: "cancel" }] as const;
    await whateverHappens({ available: 1, delivered: 5, answers, twice: true }, 3, ({ order }) => {
      expect(["confirmed", "cancelled", "refunded"]).toContain(order.status);
    });
  });

  test("answered, cancelled and out of time at the same moment, it ends in one of them", async () => {
    const story: Story = { token: "tok_declined", answers: [newCard], cancelled: true, unanswered: true };
    await whateverHappens({ ...story, twice: true }, 3, ({ order }) => {
      expect(["confirmed", "cancelled", "refunded"]).toContain(order.status);
    });
  });

  test("is cancelled when nobody answers, with nothing taken and nothing held", async () => {
    await whateverHappens({ available: 1, unanswered: true, twice: true }, 3, ({ order, money, told }) => {
      expect(order.status).toBe("cancelled");
      expect(order.timeline.some(({ detail }) => detail === "unanswered")).toBe(true);
      expect([money, told.includes("order.confirmed.v1")]).toEqual([[], false]);
    });
  });
});

describe("an order that is handed over", () => {
  test("is fulfilled and sold once, however often the work dies and is done again", async () => {
    await whateverHappens({ handedOver: true, twice: true }, 4, ({ order, money }) => {
      expect([order.status, money]).toEqual(["fulfilled", ["authorise", "capture"]]);
    });
  });

  test("is either fulfilled and paid or cancelled with all given back, when it is cancelled at the same time", async () => {
    await whateverHappens({ handedOver: true, cancelled: true, twice: true }, 3, ({ order }) => {
      expect(["fulfilled", "confirmed", "cancelled", "refunded"]).toContain(order.status);
    });
  });
});

/** On a busy machine; a second or two otherwise. */
const SLOW = { timeout: 30_000 };

const stories: readonly [what: string, story: Story][] = [
  ["done twice", { twice: true }],
  ["cancelled", { cancelled: true }],
  ["declined and cancelled", { token: "tok_declined", cancelled: true }],
  ["declined, answered and cancelled", { token: "tok_declined", answers: [newCard], cancelled: true }],
  ["declined, answered and out of time", { token: "tok_declined", answers: [newCard], unanswered: true }],
  ["handed over and cancelled", { handedOver: true, cancelled: true }],
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
