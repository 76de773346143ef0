import { beforeEach, describe, expect, test } from "vitest";
import { confirmOrder } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { OutboxPublisher, sweepOutbox } from "#shared/use-cases/publish-outbox.ts";
import { anOccasion, anOrder, moved, noonPlus, published } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const MINUTE = 60_000;

let app: MemoryApp;
beforeEach(() => {
  app = createMemoryApp();
});

const stored = (count: number) => {
  const orders = Array.from({ length: count }, () => anOrder());
  for (const order of orders) app.orders.put(order);
  return orders;
};
const waiting = (): string[] =>
  app.orders.all.filter(({ pendingSince }) => pendingSince !== undefined).map(({ id }) => id);
const sweepInAMinute = () => sweepOutbox(app, Date.parse(noonPlus(MINUTE)));

/** What reached each target, by message id. */
const arrivedAt = (target: string): string[] =>
  app.bus.arrived.filter((message) => message.target === target).map(({ messageId }) => messageId);

/** A bus that notes what each call was for, and how many messages it carried. */
function counting(): { readonly bus: MemoryApp["bus"]; readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    bus: {
      ...app.bus,
      send: (target, messages) => {
        calls.push(`${messages.length} to ${target}`);
        return app.bus.send(target, messages);
      },
    },
  };
}

describe("publishing", () => {
  test("puts an order's messages on their topics as CloudEvents, and clears its outbox", async () => {
    const order = anOrder();
    app.orders.put(order);
    app.outbox.publishSoon(order);
    await app.outbox.drain();
    expect(app.bus.arrived.map(({ target, messageId }) => [target, messageId])).toEqual([
      ["inventory", `${order.id}.v1-inventory`],
      ["notifications", `${order.id}.v1-notifications`],
    ]);
    expect(app.bus.arrived[0]).toMatchObject({
      subject: "order.placed.v1",
      correlationId: order.id,
      body: {
        specversion: "1.0",
        id: `${order.id}.v1-inventory`,
        source: "/brands/pancake-palace",
        type: "order.placed.v1",
        subject: order.id,
        data: { brandId: "pancake-palace", orderId: order.id },
      },
    });
    expect(app.orders.all).toEqual([published(order)]);
  });

  test("orders that come while a round is under way share the next one", async () => {
    const { bus, calls } = counting();
    const outbox = new OutboxPublisher({ ...app, bus });
    for (const order of stored(100)) outbox.publishSoon(order);
    await outbox.drain();
    expect(calls).toEqual(["1 to inventory", "1 to notifications", "99 to inventory", "99 to notifications"]);
    expect(waiting()).toEqual([]);
  });

  test("when one topic cannot be reached, exactly the orders that owe it something are left to the sweep", async () => {
    const [untold, told] = [anOrder(), published(anOrder())];
    const confirmed = moved(confirmOrder(told, anOccasion()));
    for (const order of [untold, confirmed]) app.orders.put(order);
    app.bus.breakDown("inventory");
    for (const order of [untold, confirmed]) app.outbox.publishSoon(order);
    await app.outbox.drain();
    expect(waiting()).toEqual([untold.id]);
    expect(app.log.events("warn")).toEqual(["outbox.publish-failed"]);

    app.bus.mend();
    expect(await sweepInAMinute()).toEqual({ swept: 1 });
    expect(waiting()).toEqual([]);
    expect(arrivedAt("inventory")).toEqual([`${untold.id}.v1-inventory`]);
    expect(arrivedAt("notifications")).toHaveLength(2);
  });

  test("a failed round does not keep the next one from happening", async () => {
    const [first, second] = stored(2);
    app.bus.breakDown("inventory", "notifications");
    app.outbox.publishSoon(first!);
    await app.outbox.drain();
    app.bus.mend();
    app.outbox.publishSoon(second!);
    await app.outbox.drain();
    expect(waiting()).toEqual([first?.id]);
  });

  test("an order that moved on meanwhile keeps what is new, which the one who moved it publishes", async () => {
    const order = anOrder();
    const confirmed = moved(confirmOrder(order, anOccasion()));
    app.orders.put(confirmed);
    app.outbox.publishSoon(order);
    await app.outbox.drain();
    expect(app.orders.all).toEqual([confirmed]);
    app.outbox.publishSoon(confirmed);
    await app.outbox.drain();
    expect(arrivedAt("notifications")).toEqual([
      `${order.id}.v1-notifications`,
      `${order.id}.v2-notifications`,
    ]);
    expect(waiting()).toEqual([]);
  });
});

describe("the sweep", () => {
  test("leaves alone what was placed a moment ago: its publication is under way", async () => {
    stored(1);
    expect(await sweepOutbox(app, Date.parse(noonPlus(10_000)))).toEqual({ swept: 0 });
    expect(await sweepOutbox(app, Date.parse(noonPlus(10_001)))).toEqual({ swept: 1 });
  });

  test("publishes a whole outage's worth in one go, each message once", async () => {
    for (let second = 0; second < 450; second++) app.orders.put(anOrder({ pendingSince: noonPlus(second) }));
    expect(await sweepInAMinute()).toEqual({ swept: 450 });
    expect(waiting()).toEqual([]);
    expect(new Set(arrivedAt("inventory")).size).toBe(450);
  });

  test("repeated, also in parallel, does no harm", async () => {
    stored(10);
    await Promise.all([sweepInAMinute(), sweepInAMinute()]);
    await sweepInAMinute();
    expect(arrivedAt("inventory")).toHaveLength(10);
    expect(waiting()).toEqual([]);
  });

  test("repeats what was published but could not be cleared, and the broker drops it", async () => {
    const clearOutbox = () => Promise.reject(new TransientFault("down"));
    const [order] = stored(1);
    const outbox = new OutboxPublisher({ ...app, orders: { ...app.orders, clearOutbox } });
    outbox.publishSoon(order!);
    await outbox.drain();
    expect(waiting()).toEqual([order?.id]);
    await sweepInAMinute();
    expect(app.bus.arrived).toHaveLength(2);
    expect(waiting()).toEqual([]);
  });

  test("orders that cannot be published do not hold up the others, however many they are", async () => {
    for (let second = 0; second < 250; second++) app.orders.put(anOrder({ pendingSince: noonPlus(second) }));
    const told = anOrder({ pendingSince: noonPlus(1000) });
    const onlyNotices = { ...told, outbox: { "v1-notifications": told.outbox["v1-notifications"]! } };
    app.orders.put(onlyNotices);
    app.bus.breakDown("inventory");
    const { bus, calls } = counting();
    const swept = sweepOutbox({ ...app, bus }, Date.parse(noonPlus(MINUTE)));
    await expect(swept).rejects.toThrow("Could not publish to inventory");
    expect(calls.filter((call) => call.includes("inventory"))).toEqual(["200 to inventory"]);
    expect(waiting()).toHaveLength(250);
    expect(waiting()).not.toContain(told.id);
  });

  test("while nothing can be reached, it gives up after the first page: the next sweep tries again", async () => {
    stored(250);
    app.bus.breakDown("inventory", "notifications");
    const { bus, calls } = counting();
    await expect(sweepOutbox({ ...app, bus }, Date.parse(noonPlus(MINUTE)))).rejects.toThrow(
      "Could not publish",
    );
    expect(calls).toHaveLength(2);
  });

  test("a document that is no order any more is reported, and its neighbours are published", async () => {
    const [order] = stored(1);
    const pending = async () => ({ orders: [order!], unreadable: ["ord_damaged"] });
    await sweepOutbox({ ...app, orders: { ...app.orders, pending } }, Date.parse(noonPlus(MINUTE)));
    expect(waiting()).toEqual([]);
    expect(app.log.lines).toMatchObject([{ level: "error", facts: { orders: ["ord_damaged"] } }]);
  });
});
