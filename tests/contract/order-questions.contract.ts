import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Order } from "#shared/contracts/order.ts";
import { cancelOrder } from "#shared/domain/order.ts";
import { type Answer, answerQuestion, askCustomer, followUp } from "#shared/domain/question.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import { anOccasion, anOrder, moved, noonPlus, refOf } from "../builders/orders.ts";

/** The part of an order store's promises that is about questions and about orders which resemble each other. */
export function testQuestions(orders: () => OrderStore): void {
  const stored = async (order: Order = anOrder()): Promise<Order> => {
    expect(await orders().create(order)).toEqual({ ok: true });
    return order;
  };
  const now = (order: Order): Promise<Order | undefined> => orders().get(refOf(order));

  describe("transitions of a question", () => {
    const questions = [{ reason: "payment-declined" }, { reason: "out-of-stock", skus: ["BUTTER"] }] as const;

    test.each(questions)(
      "asked about ($reason), answered and reminded, the order is stored whole",
      async (asked) => {
        const order = await stored(anOrder({ possibleDuplicateOf: "ord_before" }));
        const occasion = anOccasion({ at: noonPlus(1), traceparent: "00-a-b-01" });
        const waiting = moved(askCustomer(order, asked, occasion));
        expect(await orders().transition(order, waiting)).toEqual({ ok: true, order: waiting });
        const reminded = moved(followUp(waiting, { at: waiting.dueAt ?? "" }));
        expect(await orders().transition(waiting, reminded)).toEqual({ ok: true, order: reminded });
        const answer: Answer =
          asked.reason === "out-of-stock" ? { choice: "partial" } : { choice: "new-card", token: "tok_2" };
        const answered = moved(answerQuestion(reminded, 1, answer, anOccasion({ at: noonPlus(2) })));
        expect(await orders().transition(reminded, answered)).toEqual({ ok: true, order: answered });
        expect(await now(order)).toEqual(answered);
        expect((await orders().due({ until: noonPlus(10 ** 12) }, 10)).orders).toEqual([]);
      },
    );

    test("however much it changes, it is refused as a whole when the order has moved on", async () => {
      const order = await stored();
      const waiting = moved(askCustomer(order, { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
      await orders().transition(order, waiting);
      const cancelled = moved(cancelOrder(waiting, undefined, anOccasion()));
      const answered = moved(answerQuestion(waiting, 1, { choice: "partial" }, anOccasion()));
      const results = await Promise.all([
        orders().transition(waiting, cancelled),
        orders().transition(waiting, answered),
      ]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      expect(results).toContainEqual({ ok: false, reason: "changed" });
      expect(await now(order)).toEqual(results[0]?.ok ? cancelled : answered);
    });
  });

  describe("due", () => {
    test("the longest due come first, of all brands, page by page, and none that is not due yet", async () => {
      const waiting = [4, 1, 3, 2].map((second) =>
        anOrder({ brandId: `brand-${second}`, dueAt: noonPlus(second * 1000) }),
      );
      await Promise.all([...waiting, anOrder()].map((order) => orders().create(order)));
      const first = await orders().due({ until: noonPlus(3000) }, 2);
      expect(first.orders.map(({ brandId }) => brandId)).toEqual(["brand-1", "brand-2"]);
      const second = await orders().due({ from: first.next, until: noonPlus(3000) }, 2);
      expect(second.orders.map(({ brandId }) => brandId)).toEqual(["brand-2", "brand-3"]);
    });
  });

  describe("earlierLike", () => {
    const at = (ms: number, changes: Partial<Order> = {}): Order => {
      const id = `ord_${randomUUID()}`;
      return anOrder({ id, sort: `${noonPlus(ms)}_${id}`, basket: "sam-and-two-pancakes", ...changes });
    };

    test("finds the first order of the same brand and basket since then, unless it was cancelled", async () => {
      const [tooOld, cancelled, first, second] = [
        await stored(at(-60_001)),
        await stored(at(1000, { status: "cancelled" })),
        await stored(at(2000)),
        await stored(at(3000)),
      ];
      await stored(at(1500, { brandId: "sock-drawer" }));
      await stored(at(1600, { basket: "another" }));
      const last = await stored(at(4000));
      expect(await orders().earlierLike(last, noonPlus(-60_000))).toBe(first.id);
      expect(await orders().earlierLike(second, noonPlus(-60_000))).toBe(first.id);
      expect(await orders().earlierLike(first, noonPlus(-60_000))).toBeUndefined();
      expect([tooOld.id, cancelled.id]).not.toContain(first.id);
    });
  });
}
