import { beforeEach, expect, test } from "vitest";
import { OrderReceipt, OrderView } from "#shared/contracts/resources.ts";
import { anOrderRequest } from "../../builders/orders.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import { PermanentFault } from "#shared/ports/faults.ts";
import { call, deliver, deliverAll, sweep, useApp } from "./the-functions.ts";

let app: MemoryApp;
beforeEach(() => {
  app = useApp(createMemoryApp());
});

const headers = { authorization: `Bearer ${KEYS.storefront}`, "content-type": "application/json" };

async function place(request = anOrderRequest()): Promise<string> {
  const body = JSON.stringify(request);
  const answer = await call("post-order", { headers: { ...headers, "idempotency-key": "checkout-1" }, body });
  return OrderReceipt.parse(answer.body).id;
}
const view = async (id: string) =>
  OrderView.parse((await call("get-order", { method: "GET", params: { id }, headers })).body);

const mailsSent = (): string[] =>
  app.mailer.inbox.map(({ to, headers: marks }) => `${marks["X-Expedite-Template"]} to ${to.address}`);
const webhooksPosted = (): string[] =>
  app.webhooks.received
    .map(({ body }) => JSON.parse(body))
    .map(({ type, data }) => `${type} to ${data.vendorId}`);
const moneyMoved = (): string[] => app.payments.effects.map(({ step }) => step);

test("an order goes from the storefront to stock, payment, customer and vendors, through every function", async () => {
  const id = await place();
  await deliverAll(app);
  expect(app.stock.available("PANCAKE-MIX")).toBe(999_998);
  expect(moneyMoved()).toEqual(["authorise", "capture"]);
  expect(mailsSent().toSorted()).toEqual([
    "order-confirmed to sam@example.com",
    "order-received to sam@example.com",
    "vendor-new-order to orders@dairy.example",
  ]);
  expect(webhooksPosted()).toEqual(["order.confirmed.v1 to vendor-mill"]);
  const { status, timeline, notifications } = await view(id);
  expect([status, timeline.map(({ event }) => event)]).toEqual([
    "confirmed",
    ["order.placed.v1", "order.confirmed.v1"],
  ]);
  expect(notifications.map(({ state }) => state)).toEqual(notifications.map(() => "delivered"));
  expect(app.log.lines).toEqual([]);
});

test("a cancellation goes back the same way, to everybody who was told", async () => {
  const id = await place();
  await deliverAll(app);
  await call("post-cancellation", { params: { id }, headers });
  await deliverAll(app);
  // The cancellation waits for nothing, because the notices were delivered.
  expect((await view(id)).status).toBe("refunded");
  expect(app.stock.available("PANCAKE-MIX")).toBe(1_000_000);
  expect(moneyMoved()).toEqual(["authorise", "capture", "refund"]);
  expect(mailsSent()).toEqual(
    expect.arrayContaining([
      "order-cancelled to sam@example.com",
      "order-refunded to sam@example.com",
      "vendor-order-cancelled to orders@dairy.example",
    ]),
  );
  expect(webhooksPosted()).toEqual([
    "order.confirmed.v1 to vendor-mill",
    "order.cancelled.v1 to vendor-mill",
  ]);
});

test("with everything down, the order is taken, waits in sight, and goes through once all is back", async () => {
  app.bus.breakDown("inventory", "notifications");
  const id = await place();
  await app.outbox.drain();
  expect((await view(id)).status).toBe("accepted");

  app.bus.mend();
  app.system.advance(60_000);
  await sweep();
  for (const partner of [app.payments, app.mailer]) partner.trouble("down");
  app.webhooks.answer({ status: 503 });
  await deliverAll(app);
  expect((await view(id)).status).toBe("accepted");
  expect((await view(id)).notifications).toMatchObject([
    { state: "pending", note: expect.stringContaining("Delayed") },
  ]);

  for (let minute = 0; minute < 60; minute++) {
    app.system.advance(60_000);
    await deliverAll(app);
  }
  expect((await view(id)).status).toBe("confirmed");
  expect(moneyMoved()).toEqual(["authorise", "capture"]);
  expect(mailsSent()).toHaveLength(3);
  expect(app.log.events("error")).toEqual([]);
});

test("a declined card ends with a question to the customer, not with a cancellation", async () => {
  const id = await place(anOrderRequest({ payment: { token: "tok_declined" } }));
  await deliverAll(app);
  expect(await view(id)).toMatchObject({
    status: "needs-attention",
    attention: { reason: "payment-declined" },
  });
  expect(mailsSent()).toContain("order-attention to sam@example.com");
  expect(webhooksPosted()).toEqual([]);
});

test("an order whose preparation was given up shows it, and shows it no more once an operator has sent it again", async () => {
  const refusing = { ...app.stock, reserve: () => Promise.reject(new PermanentFault("StockRefused", "no")) };
  useApp({ ...app, stock: refusing });
  const id = await place();
  await app.outbox.drain();
  const [placed] = app.bus.take("stock");
  await deliver("stock", placed!);
  const parked = app.bus.take("stock");
  expect(parked).toMatchObject([
    { properties: { parked: true, failureReason: "StockRefused", orderId: id } },
  ]);
  await deliverAll(app);
  expect(await view(id)).toMatchObject({ status: "accepted", attention: { reason: "preparation-stopped" } });

  useApp(app);
  const [dead] = parked;
  const properties = { ...dead?.properties, DeadLetterReason: "MaxDeliveryCountExceeded" };
  await deliver("stock", { ...dead!, properties });
  await deliverAll(app);
  expect(await view(id)).toMatchObject({ status: "confirmed" });
  expect((await view(id)).attention).toBeUndefined();
});
