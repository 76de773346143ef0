import { beforeEach, describe, expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { deliveryDue } from "#shared/contracts/messages.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { planVendorNotices } from "#shared/use-cases/notify/plan-vendor-notices.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";
import { aVendor, aVendorByMail, EMAIL_VENDOR, WEBHOOK_VENDOR } from "../../builders/directory.ts";
import { anOccasion, anOrder, moved, NOON, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

let app: MemoryApp;
let confirmed: Order;
beforeEach(() => {
  app = createMemoryApp();
  confirmed = moved(confirmOrder(anOrder(), anOccasion()));
  app.orders.put(confirmed);
});

const plan = (event: EventType) => planVendorNotices(app, refOf(confirmed), event, anOccasion());
const planConfirmed = () => plan("order.confirmed.v1");
const planCancelled = () => plan("order.cancelled.v1");
const cancel = (): void => app.orders.put(moved(cancelOrder(confirmed, undefined, anOccasion())));

/** Event, vendor and state of every delivery. */
const deliveries = (): string[] =>
  app.ledger.all.map(({ event, recipient, state }) => `${event} ${recipient} ${state}`).toSorted();
const of = (recipient: string, event: EventType): Delivery => {
  const found = app.ledger.all.find((one) => one.recipient === recipient && one.event === event);
  if (found === undefined) throw new Error("There is no such delivery");
  return found;
};
const settle = (delivery: Delivery, changes: Partial<Delivery>) =>
  app.ledger.change(delivery, { ...changes, updatedAt: NOON }, { state: ["pending"] });

describe("a confirmed order", () => {
  test("is one delivery per vendor, each on the queue of the vendor's channel", async () => {
    await planConfirmed();
    expect(deliveries()).toEqual([
      "order.confirmed.v1 vendor-dairy pending",
      "order.confirmed.v1 vendor-mill pending",
    ]);
    expect(app.bus.arrived.map(({ target, messageId }) => [target, messageId])).toEqual([
      ["vendor-webhook", of(WEBHOOK_VENDOR, "order.confirmed.v1").id],
      ["vendor-email", of(EMAIL_VENDOR, "order.confirmed.v1").id],
    ]);
  });

  test("of a vendor whose document cannot be read is planned for the others, and then fails", async () => {
    const damaged = new TypeError("no vendor any more");
    const directory = {
      ...app.directory,
      vendor: (id: string) => (id === WEBHOOK_VENDOR ? Promise.reject(damaged) : app.directory.vendor(id)),
    };
    const planned = planVendorNotices(
      { ...app, directory },
      refOf(confirmed),
      "order.confirmed.v1",
      anOccasion(),
    );
    await expect(planned).rejects.toBe(damaged);
    expect(deliveries()).toEqual(["order.confirmed.v1 vendor-dairy pending"]);
    expect(app.bus.arrived.map(({ target }) => target)).toEqual(["vendor-email"]);
  });

  test("planned again, also at the same time, is planned once", async () => {
    await Promise.all([planConfirmed(), planConfirmed()]);
    await planConfirmed();
    expect(deliveries()).toHaveLength(2);
    expect(app.bus.arrived).toHaveLength(2);
  });

  test("whose messages did not get through is planned again with the same ones", async () => {
    app.bus.breakDown("vendor-webhook");
    await expect(planConfirmed()).rejects.toMatchObject({ name: "TransientFault" });
    app.bus.mend();
    await planConfirmed();
    expect(app.bus.arrived).toHaveLength(2);
  });

  test("of several lines of one vendor is one delivery", async () => {
    const [line] = confirmed.lines;
    app.orders.put({ ...confirmed, lines: [line!, line!, line!] });
    await planConfirmed();
    expect(deliveries()).toHaveLength(1);
  });

  test("that was cancelled before anybody could be told is told to nobody", async () => {
    cancel();
    await planConfirmed();
    await planCancelled();
    expect(deliveries()).toEqual([
      "order.confirmed.v1 vendor-dairy superseded",
      "order.confirmed.v1 vendor-mill superseded",
    ]);
    expect(app.bus.arrived).toEqual([]);
  });

  test("of a vendor who is gone is parked with a reason, and the other vendors are told", async () => {
    const [line] = confirmed.lines;
    app.orders.put({ ...confirmed, lines: [...confirmed.lines, { ...line!, vendorId: "gone" }] });
    await expect(planConfirmed()).rejects.toMatchObject({ name: "PermanentFault", reason: "UnknownVendor" });
    expect(app.bus.arrived.map(({ target }) => target)).toEqual(["vendor-webhook", "vendor-email"]);
  });
});

describe("a vendor who wants to hear of orders that were cancelled before it was told", () => {
  beforeEach(() => app.directory.add({ vendors: [aVendor({ cancelledBeforeNotice: "one-notice" })] }));

  test("is sent the cancellation alone", async () => {
    cancel();
    await planConfirmed();
    await planCancelled();
    const cancellation = of(WEBHOOK_VENDOR, "order.cancelled.v1");
    const due = deliveryDue(refOf(confirmed), cancellation.id, NOON, undefined);
    const age = { hop: 1, firstEnqueuedAtMs: Date.parse(NOON) };
    expect(await tellVendor(app, due, age, "vendor-webhook")).toEqual({ kind: "done" });
    expect(app.webhooks.received.map(({ id }) => id)).toEqual([cancellation.id]);
    expect(deliveries()).toEqual([
      "order.cancelled.v1 vendor-mill delivered",
      "order.confirmed.v1 vendor-dairy superseded",
      "order.confirmed.v1 vendor-mill superseded",
    ]);
  });

  test("is not bothered with an order that was never confirmed", async () => {
    app.orders.put(moved(cancelOrder({ ...anOrder(), id: confirmed.id }, undefined, anOccasion())));
    await planCancelled();
    expect(app.bus.arrived).toEqual([]);
  });
});

describe("a cancellation", () => {
  test("that comes before the notices were planned keeps them from ever going out, whoever reads an old order", async () => {
    await planCancelled();
    await planConfirmed();
    expect(app.bus.arrived).toEqual([]);
    expect(new Set(app.ledger.all.map(({ state }) => state))).toEqual(new Set(["superseded"]));
  });

  test("takes back the notices that nobody has received, and goes to the others only, after their notice", async () => {
    await planConfirmed();
    const told = of(WEBHOOK_VENDOR, "order.confirmed.v1");
    await settle(told, { state: "delivered" });
    cancel();
    await planCancelled();
    expect(deliveries()).toEqual([
      "order.cancelled.v1 vendor-mill pending",
      "order.confirmed.v1 vendor-dairy superseded",
      "order.confirmed.v1 vendor-mill delivered",
    ]);
    const cancellation = of(WEBHOOK_VENDOR, "order.cancelled.v1");
    expect(cancellation.after).toBe(told.id);
    expect(app.bus.arrived.at(-1)).toMatchObject({ target: "vendor-webhook", messageId: cancellation.id });
    expect(app.bus.arrived).toHaveLength(3);
  });

  test.each([
    ["is being told right now", { state: "sending" }],
    ["may have been told", { state: "pending", maybeDelivered: true }],
    ["may have been told before an operator has to decide", { state: "parked", maybeDelivered: true }],
  ] as const)("goes to a vendor who %s", async (_what, changes) => {
    await planConfirmed();
    await settle(of(WEBHOOK_VENDOR, "order.confirmed.v1"), changes);
    await planCancelled();
    expect(of(WEBHOOK_VENDOR, "order.cancelled.v1").state).toBe("pending");
  });

  test("takes back a notice that is held", async () => {
    await planConfirmed();
    await settle(of(WEBHOOK_VENDOR, "order.confirmed.v1"), { state: "held", heldBy: "webhook:vendor-mill" });
    await planCancelled();
    expect(deliveries()).toHaveLength(2);
    expect(of(WEBHOOK_VENDOR, "order.confirmed.v1")).not.toHaveProperty("heldBy");
  });

  test("goes to a vendor who has changed the channel since it was told", async () => {
    await planConfirmed();
    const told = of(WEBHOOK_VENDOR, "order.confirmed.v1");
    await settle(told, { state: "delivered" });
    app.directory.add({ vendors: [aVendorByMail({ id: WEBHOOK_VENDOR })] });
    await planCancelled();
    expect(of(WEBHOOK_VENDOR, "order.cancelled.v1")).toMatchObject({
      channel: "vendor-email",
      after: told.id,
      state: "pending",
    });
  });

  test("does not go to a vendor whose notice was clearly refused and waits for an operator", async () => {
    await planConfirmed();
    await settle(of(WEBHOOK_VENDOR, "order.confirmed.v1"), { state: "parked" });
    await planCancelled();
    expect(deliveries()).toContain("order.confirmed.v1 vendor-mill superseded");
    expect(deliveries()).toHaveLength(2);
  });
});

test("an order that is not visible yet is waited for", async () => {
  const unseen = refOf(anOrder());
  const planned = planVendorNotices(app, unseen, "order.confirmed.v1", anOccasion());
  await expect(planned).rejects.toMatchObject({ name: "TransientFault" });
});
