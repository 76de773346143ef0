import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { askCustomer } from "#shared/domain/question.ts";
import type { OrderStore, WaitingOrders } from "#shared/ports/order-store.ts";
import { anOccasion, anOrder, moved, noonPlus, published, refOf } from "../builders/orders.ts";
import { testQuestions } from "./order-questions.contract.ts";

export interface OrderStoreWorld {
  readonly orders: OrderStore;
  stop(): Promise<void>;
}

const MANY = 50;
const times = (count: number): number[] => Array.from({ length: count }, (_, position) => position);
const sortsOf = (orders: readonly Order[]): string[] => orders.map(({ sort }) => sort);
const idsOf = (orders: readonly Order[]): string[] => orders.map(({ id }) => id);

/** Two statuses, and another brand's orders between; answers our own, the newest first. */
const storeSeven = async (store: OrderStore): Promise<readonly Order[]> => {
  const orders = times(7).map((position) => {
    const id = `ord_${randomUUID()}`;
    const createdAt = noonPlus(position * 1000);
    const status = position % 3 === 0 ? "confirmed" : "accepted";
    return anOrder({ id, createdAt, status, sort: `${createdAt}_${id}` });
  });
  const others = times(3).map(() => anOrder({ brandId: "sock-drawer" }));
  await Promise.all([...orders, ...others].map((order) => store.create(order)));
  return orders.toReversed();
};

/** What every store of orders promises. `start` answers an empty one for each test. */
export function testOrderStore(name: string, start: () => Promise<OrderStoreWorld>): void {
  describe(`order store: ${name}`, () => {
    let world: OrderStoreWorld;
    beforeEach(async () => {
      world = await start();
    });
    afterEach(() => world.stop());

    const stored = async (changes: Partial<Order> = {}): Promise<Order> => {
      const order = anOrder(changes);
      expect(await world.orders.create(order)).toEqual({ ok: true });
      return order;
    };
    const now = (order: Order): Promise<Order | undefined> => world.orders.get(refOf(order));

    describe("create", () => {
      test("an order is read as it was written", async () => {
        const lines = times(100).map((line) => ({
          sku: `SKU-${line}`,
          quantity: 1000,
          unitPrice: 100_000_000,
          vendorId: "vendor-mill",
        }));
        const customer = { email: "zoe@example.com", name: `Zoë "O'Brien" ☕ 𝒳 ${"é".repeat(100)}` };
        const order = await stored({ lines, customer, totalMinor: 10 ** 13 });
        expect(await now(order)).toEqual(order);
      });

      test("of many creates of one id at once, exactly one succeeds, and its order is the one that is kept", async () => {
        const order = anOrder();
        const results = await Promise.all(
          times(MANY).map((attempt) => world.orders.create({ ...order, reference: `attempt ${attempt}` })),
        );
        const winners = times(MANY).filter((attempt) => results[attempt]?.ok);
        expect(winners).toHaveLength(1);
        expect(results.filter(({ ok }) => !ok)).toEqual(
          times(MANY - 1).map(() => ({ ok: false, reason: "exists" })),
        );
        expect(await now(order)).toEqual({ ...order, reference: `attempt ${winners[0]}` });
      });

      test("orders created at once do not get in each other's way, a refused one among them neither", async () => {
        const there = await stored();
        const fresh = times(MANY).map(() => anOrder());
        const results = await Promise.all([...fresh, there].map((order) => world.orders.create(order)));
        expect(results.filter(({ ok }) => ok)).toHaveLength(MANY);
        expect(results.at(-1)).toEqual({ ok: false, reason: "exists" });
        expect(await Promise.all(fresh.map(now))).toEqual(fresh);
      });

      test("brands do not share ids", async () => {
        const ours = await stored({ brandId: "pancake-palace" });
        const theirs = { ...ours, brandId: "sock-drawer" };
        expect(await world.orders.create(theirs)).toEqual({ ok: true });
        expect(await now(ours)).toEqual(ours);
        expect(await now(theirs)).toEqual(theirs);
      });
    });

    describe("get", () => {
      test("an order that nobody placed is undefined, and so is another brand's", async () => {
        const order = await stored();
        expect(await world.orders.get({ brandId: order.brandId, orderId: "ord_nobody" })).toBeUndefined();
        expect(await world.orders.get({ brandId: "sock-drawer", orderId: order.id })).toBeUndefined();
      });
    });

    describe("transition", () => {
      test("the next version is stored, and answered as stored", async () => {
        const order = await stored();
        const next = moved(confirmOrder(order, anOccasion({ at: noonPlus(1000) })));
        expect(await world.orders.transition(order, next)).toEqual({ ok: true, order: next });
        expect(await now(order)).toEqual(next);
      });

      test("a transition from a version that has moved on is refused and changes nothing", async () => {
        const order = await stored();
        const confirmed = moved(confirmOrder(order, anOccasion()));
        await world.orders.transition(order, confirmed);
        const late = moved(cancelOrder(order, "too late", anOccasion()));
        expect(await world.orders.transition(order, late)).toEqual({ ok: false, reason: "changed" });
        expect(await now(order)).toEqual(confirmed);
      });

      test("of many transitions at once, exactly one wins", async () => {
        const order = await stored();
        const results = await Promise.all(
          times(MANY).map((attempt) =>
            world.orders.transition(order, moved(cancelOrder(order, `reason ${attempt}`, anOccasion()))),
          ),
        );
        const winners = results.flatMap((result) => (result.ok ? [result.order] : []));
        expect(winners).toHaveLength(1);
        expect(await now(order)).toEqual(winners[0]);
      });

      test("what was not published yet stays in the outbox beside the new messages", async () => {
        const order = await stored();
        const saved = await world.orders.transition(order, moved(confirmOrder(order, anOccasion())));
        expect(Object.keys(saved.ok ? saved.order.outbox : {}).toSorted()).toEqual([
          "v1-inventory",
          "v1-notifications",
          "v2-notifications",
        ]);
      });

      test("what another process published and cleared meanwhile does not come back", async () => {
        const order = await stored();
        await world.orders.clearOutbox(order);
        const next = moved(confirmOrder(order, anOccasion({ at: noonPlus(1000) })));
        const saved = await world.orders.transition(order, next);
        expect(saved).toMatchObject({ ok: true, order: { pendingSince: noonPlus(1000) } });
        expect(Object.keys((await now(order))?.outbox ?? {})).toEqual(["v2-notifications"]);
      });

      test("new messages are found by the sweep even if the outbox was cleared in the very same millisecond", async () => {
        const order = await stored();
        await world.orders.clearOutbox(order);
        await world.orders.transition(order, moved(confirmOrder(order, anOccasion({ at: order.createdAt }))));
        expect(idsOf((await world.orders.pending({ before: noonPlus(1) }, 10)).orders)).toEqual([order.id]);
      });

      test("a transition that says nothing leaves the outbox as it stands", async () => {
        const order = await stored();
        const cancelled = moved(cancelOrder(order, undefined, anOccasion()));
        await world.orders.transition(order, cancelled);
        await world.orders.clearOutbox(cancelled);
        const silent = { ...cancelled, version: 3, updatedAt: noonPlus(5) };
        await world.orders.transition(cancelled, silent);
        expect(await now(order)).toEqual(published(silent));
      });

      test("the transition that changes the most is stored whole", async () => {
        const order = await stored();
        const attention = { reason: "payment-declined", skus: ["BUTTER"] } as const;
        const next = moved(
          askCustomer(order, attention, anOccasion({ at: noonPlus(1), traceparent: "00-a-b-01" })),
        );
        await world.orders.transition(order, next);
        expect(await now(order)).toEqual(next);
      });
    });

    testQuestions(() => world.orders);

    describe("clearOutbox", () => {
      test("everything is cleared, nothing else is touched, and the sweep no longer finds the order", async () => {
        const order = await stored();
        await world.orders.clearOutbox(order);
        expect(await now(order)).toEqual(published(order));
        expect((await world.orders.pending({ before: noonPlus(1000) }, 10)).orders).toEqual([]);
      });

      test("clearing again does no harm", async () => {
        const order = await stored();
        await Promise.all([world.orders.clearOutbox(order), world.orders.clearOutbox(order)]);
        await world.orders.clearOutbox(order);
        expect(await now(order)).toEqual(published(order));
      });

      test("a newer version keeps its entries", async () => {
        const order = await stored();
        const next = moved(confirmOrder(order, anOccasion()));
        await world.orders.transition(order, next);
        await world.orders.clearOutbox(order);
        expect(await now(order)).toEqual(next);
      });
    });

    describe("pending", () => {
      test("the longest waiting come first, of all brands, and none that began to wait later than asked", async () => {
        const waiting = [3, 1, 4, 2].map((second) =>
          anOrder({ brandId: `brand-${second}`, pendingSince: noonPlus(second * 1000) }),
        );
        const orders = [...waiting, published(anOrder())];
        await Promise.all(orders.map((order) => world.orders.create(order)));
        const { orders: found } = await world.orders.pending({ before: noonPlus(4000) }, 10);
        expect(found.map(({ brandId }) => brandId)).toEqual(["brand-1", "brand-2", "brand-3"]);
        expect(found[0]).toEqual(waiting[1]);
      });

      test("no more than asked for, and those are the longest waiting", async () => {
        const orders = times(5).map((second) => anOrder({ pendingSince: noonPlus(second * 1000) }));
        await Promise.all(orders.map((order) => world.orders.create(order)));
        const { orders: found } = await world.orders.pending({ before: noonPlus(60_000) }, 2);
        expect(idsOf(found)).toEqual(idsOf(orders.slice(0, 2)));
      });

      test("page after page shows every one that waits, although none of them goes away meanwhile", async () => {
        const orders = times(5).map((second) => anOrder({ pendingSince: noonPlus(second * 1000) }));
        await Promise.all(orders.map((order) => world.orders.create(order)));
        const seen: string[] = [];
        for (let next: string | undefined = ""; next !== undefined;) {
          const page: WaitingOrders = await world.orders.pending({ from: next, before: noonPlus(60_000) }, 2);
          seen.push(...idsOf(page.orders));
          next = page.next === next ? undefined : page.next;
        }
        expect([...new Set(seen)]).toEqual(idsOf(orders));
      });
    });

    describe("list", () => {
      test("only the brand's own orders, whole, the newest first", async () => {
        const newestFirst = await storeSeven(world.orders);
        expect(await world.orders.list({ brandId: "pancake-palace", limit: 100 })).toEqual(newestFirst);
        expect(await world.orders.list({ brandId: "unheard-of", limit: 100 })).toEqual([]);
      });

      test("page after page shows every order once", async () => {
        const newestFirst = await storeSeven(world.orders);
        const seen: string[] = [];
        for (let page = 0; page < 4; page++) {
          seen.push(
            ...sortsOf(await world.orders.list({ brandId: "pancake-palace", before: seen.at(-1), limit: 2 })),
          );
        }
        expect(seen).toEqual(sortsOf(newestFirst));
      });

      test("a status filter goes together with paging", async () => {
        const confirmed = (await storeSeven(world.orders)).filter(({ status }) => status === "confirmed");
        const query = { brandId: "pancake-palace", status: "confirmed", limit: 2 } as const;
        const first = await world.orders.list(query);
        const second = await world.orders.list({ ...query, before: first.at(-1)?.sort });
        expect(idsOf([...first, ...second])).toEqual(idsOf(confirmed));
      });

      test("orders of the same millisecond are all shown", async () => {
        const orders = times(3).map(() => anOrder());
        await Promise.all(orders.map((order) => world.orders.create(order)));
        const [first] = await world.orders.list({ brandId: "pancake-palace", limit: 1 });
        const rest = await world.orders.list({ brandId: "pancake-palace", before: first?.sort, limit: 5 });
        expect(idsOf([first ?? anOrder(), ...rest]).toSorted()).toEqual(idsOf(orders).toSorted());
      });
    });
  });
}
