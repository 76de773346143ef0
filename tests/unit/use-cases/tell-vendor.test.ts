import { beforeEach, describe, expect, test } from "vitest";
import type { Channel, Delivery } from "#shared/contracts/delivery.ts";
import { DeliveryDue, deliveryDue } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { aBrand, aVendor, aVendorByMail, EMAIL_VENDOR, WEBHOOK_VENDOR } from "../../builders/directory.ts";
import { anOrder, NOON, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

let app: MemoryApp;
let order: Order;
beforeEach(() => {
  app = createMemoryApp();
  order = anOrder();
  app.orders.put(order);
});

const noted = async (changes: Partial<Delivery> = {}): Promise<Delivery> => {
  const { delivery } = await app.ledger.createIfAbsent(aDelivery({ orderId: order.id, ...changes }));
  return delivery;
};
const tell = ({ id, channel = "vendor-webhook" }: Pick<Delivery, "id"> & { channel?: Channel }, hop = 1) =>
  tellVendor(
    app,
    deliveryDue(refOf(order), id, NOON, undefined),
    { hop, firstEnqueuedAtMs: Date.parse(NOON) },
    channel === "customer-email" ? "vendor-email" : channel,
  );
const now = ({ orderId, id }: Delivery) => app.ledger.get(orderId, id);
const byMail = { channel: "vendor-email", recipient: EMAIL_VENDOR } as const;

describe("a vendor with a webhook", () => {
  test("is posted its own lines, under the delivery's id, with its own secret", async () => {
    const delivery = await noted();
    expect(await tell(delivery)).toEqual({ kind: "done" });
    const [posted] = app.webhooks.received;
    expect({ kind: "webhook", url: posted?.url, secret: posted?.secret }).toEqual(aVendor().endpoint);
    expect(posted?.id).toBe(delivery.id);
    expect(JSON.parse(posted?.body ?? "")).toMatchObject({
      type: "order.confirmed.v1",
      data: { orderId: order.id, vendorId: WEBHOOK_VENDOR, lines: [{ sku: "PANCAKE-MIX", quantity: 2 }] },
    });
  });

  test("gets the same body on every attempt, so that a repeat can be compared", async () => {
    const delivery = await noted();
    app.webhooks.answer({ status: 503 });
    await tell(delivery);
    app.system.advance(3_600_000);
    await tell(delivery, 2);
    const [first, second] = app.webhooks.received;
    expect(second).toEqual(first);
  });

  test("who is down for three days has its notice parked", async () => {
    const down = await noted();
    app.system.advance(72 * 3_600_000);
    app.webhooks.answer({ status: 503 });
    expect(await tell(down, 90)).toMatchObject({ kind: "park", reason: "BudgetExhausted" });
  });
});

describe("a webhook that answers 410", () => {
  const withContact = aVendor({ contact: "team@mill.example" });
  const warnings = () => app.bus.take("vendor-email").map(({ body }) => DeliveryDue.parse(body));
  const tellWarning = ({ data }: DeliveryDue) =>
    tellVendor(
      app,
      deliveryDue(data, data.deliveryId, NOON, undefined),
      { hop: 1, firstEnqueuedAtMs: Date.parse(NOON) },
      "vendor-email",
    );

  test("is not called again: its notices are parked, and say why", async () => {
    const [first, second] = [await noted(), await noted({ event: "order.cancelled.v1" })];
    app.webhooks.answer({ status: 410 });
    expect(await tell(first)).toMatchObject({ kind: "park", reason: "Gone" });
    expect(await tell(second)).toMatchObject({
      kind: "park",
      reason: "EndpointDisabled",
      description: expect.stringContaining("answered 410"),
    });
    expect(app.webhooks.received).toHaveLength(1);
    expect((await app.directory.vendor(WEBHOOK_VENDOR))?.endpoint).toMatchObject({
      disabled: { since: new Date(app.system.now()).toISOString() },
    });
  });

  test("is told to the vendor's people by mail, once, however many notices wait", async () => {
    app.directory.add({ vendors: [withContact] });
    const [first, second] = [await noted(), await noted({ event: "order.cancelled.v1" })];
    app.webhooks.answer({ status: 410 });
    await tell(first);
    await tell(second);
    const [warning, ...more] = warnings();
    expect(more).toEqual([]);
    expect(await tellWarning(warning!)).toEqual({ kind: "done" });
    await tellWarning(warning!);
    await tell(await noted({ event: "order.fulfilled.v1" }));
    expect(warnings()).toEqual([]);
    expect(app.mailer.inbox).toMatchObject([
      {
        from: aBrand().mailFrom,
        to: { address: "team@mill.example" },
        headers: { "X-Expedite-Template": "vendor-endpoint-disabled" },
      },
    ]);
  });

  test("is told also when whoever disabled it died before the mail", async () => {
    app.directory.add({ vendors: [withContact] });
    const url = withContact.endpoint.kind === "webhook" ? withContact.endpoint.url : "";
    await app.endpoints.disable(WEBHOOK_VENDOR, url, { since: NOON, reason: "mill.example answered 410" });
    await tell(await noted());
    expect(warnings()).toHaveLength(1);
  });

  test("gets the notices that wait when it was enabled again and an operator sends them", async () => {
    const first = await noted();
    app.webhooks.answer({ status: 410 });
    await tell(first);
    app.directory.add({ vendors: [aVendor()] });
    expect(await tell(first, 2)).toEqual({ kind: "done" });
    expect((await now(first))?.state).toBe("delivered");
  });
});

describe("a vendor without a webhook", () => {
  test("is mailed by the brand", async () => {
    const delivery = await noted(byMail);
    await tell(delivery);
    expect(app.mailer.inbox).toMatchObject([
      {
        from: aBrand().mailFrom,
        to: { address: "orders@dairy.example", name: "Hill Dairy" },
        subject: "New order: W-10042 from Pancake Palace",
        headers: {
          "X-Expedite-Order": order.id,
          "X-Expedite-Template": "vendor-new-order",
          "X-Expedite-Delivery": delivery.id,
        },
      },
    ]);
  });
});

describe("a cancellation", () => {
  const bothNoted = async (changes: Partial<Delivery>): Promise<Delivery> => {
    const notice = await noted(changes);
    return await noted({ event: "order.cancelled.v1", after: notice.id });
  };

  test.each([
    ["was delivered", { state: "delivered" }],
    ["is parked, but may have got through", { state: "parked", maybeDelivered: true }],
  ] as const)("goes out when the notice of the order %s", async (_what, changes) => {
    const cancellation = await bothNoted(changes);
    expect(await tell(cancellation)).toEqual({ kind: "done" });
    expect(app.webhooks.received.map(({ id }) => id)).toEqual([cancellation.id]);
  });

  test.each([
    ["is under way", { state: "sending" }],
    ["will be tried again and may have got through", { state: "pending", maybeDelivered: true }],
  ] as const)("is held while the notice %s, without an attempt of its own", async (_what, changes) => {
    const cancellation = await bothNoted(changes);
    expect(await tell(cancellation)).toEqual({ kind: "done" });
    expect(await now(cancellation)).toMatchObject({ state: "held", heldBy: "order", attempts: 0 });
    expect(app.webhooks.received).toEqual([]);
  });

  test.each([
    ["waits", { state: "pending" }],
    ["was clearly refused and parked", { state: "parked" }],
    ["was taken back already", { state: "superseded" }],
  ] as const)("is pointless, as is the notice, when the notice %s", async (_what, changes) => {
    const cancellation = await bothNoted(changes);
    expect(await tell(cancellation)).toEqual({ kind: "done" });
    expect(app.ledger.all.map(({ state }) => state)).toEqual(["superseded", "superseded"]);
    expect(app.webhooks.received).toEqual([]);
  });
});

describe("what no later attempt can mend is parked", () => {
  test("a vendor who is gone", async () => {
    const delivery = await noted({ recipient: "gone" });
    expect(await tell(delivery)).toMatchObject({ kind: "park", reason: "UnknownVendor" });
    expect(await now(delivery)).toMatchObject({ state: "parked" });
  });

  test("a brand that is gone, where a mail would be from it", async () => {
    const stranger = anOrder({ brandId: "gone" });
    app.orders.put(stranger);
    const delivery = await noted({ ...byMail, orderId: stranger.id, brandId: "gone" });
    const due = deliveryDue(refOf(stranger), delivery.id, NOON, undefined);
    expect(
      await tellVendor(app, due, { hop: 1, firstEnqueuedAtMs: Date.parse(NOON) }, "vendor-email"),
    ).toMatchObject({
      kind: "park",
      reason: "UnknownBrand",
    });
  });
});

describe("a vendor who changed the channel is told by the new one", () => {
  test.each([
    ["by mail", {}, aVendorByMail({ id: WEBHOOK_VENDOR }), "vendor-email"],
    ["by webhook", byMail, aVendor({ id: EMAIL_VENDOR }), "vendor-webhook"],
  ] as const)("%s", async (_what, changes, vendor, queue) => {
    app.directory.add({ vendors: [vendor] });
    const delivery = await noted(changes);
    expect(await tell(delivery)).toEqual({ kind: "done" });
    expect(await tell(delivery)).toEqual({ kind: "done" });
    const [moved, ...more] = app.bus.take(queue);
    expect(more).toEqual([]);
    const due = DeliveryDue.parse(moved?.body);
    const age = { hop: Number(moved?.properties?.["x-hop"]), firstEnqueuedAtMs: Date.parse(NOON) };
    expect(await tellVendor(app, due, age, queue)).toEqual({ kind: "done" });
    expect(app.webhooks.received.length + app.mailer.inbox.length).toBe(1);
    expect(await now(delivery)).toMatchObject({ state: "delivered", channel: queue });
  });
});

test("a delivery that is not visible yet is waited for", async () => {
  await expect(tell({ id: "dlv_unseen" })).rejects.toMatchObject({ name: "TransientFault" });
});
