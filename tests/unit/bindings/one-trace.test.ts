import { beforeEach, expect, test } from "vitest";
import { measuredLedger, measuredOrders, traced, tracedBus } from "#shared/adapters/telemetry/traced.ts";
import { OrderReceipt } from "#shared/contracts/resources.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { anOrderRequest } from "../../builders/orders.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import type { RecordedSpan } from "../../fakes/memory-telemetry.ts";
import { call, deliverAll, useApp } from "./the-functions.ts";

/** The trace of the request that the host hands over; see `call`. */
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

let app: MemoryApp;
let bare: MemoryApp;
let telemetry: MemoryApp["telemetry"];

/** The app in memory with the same wrappers as the real one. */
beforeEach(() => {
  bare = createMemoryApp();
  ({ telemetry } = bare);
  const bus = { ...bare.bus, ...tracedBus(telemetry, bare.bus) };
  const orders = { ...bare.orders, ...measuredOrders(telemetry, bare.orders) };
  app = useApp({
    ...bare,
    bus,
    orders,
    outbox: new OutboxPublisher({ orders, bus, log: bare.log }),
    ledger: { ...bare.ledger, ...measuredLedger(telemetry, bare.ledger) },
    stock: traced(telemetry, "stock", bare.stock),
    payments: traced(telemetry, "payments", bare.payments),
    mailer: traced(telemetry, "mail", bare.mailer),
    webhooks: traced(telemetry, "webhook", bare.webhooks),
  });
});

const headers = {
  authorization: `Bearer ${KEYS.storefront}`,
  "content-type": "application/json",
  "idempotency-key": "checkout-1",
};
const place = (body = JSON.stringify(anOrderRequest()), more = {}) =>
  call("post-order", { headers: { ...headers, ...more }, body });

const named = (name: string): RecordedSpan[] => telemetry.spans.filter((span) => span.name === name);

/** The names of the spans above this one, the nearest first. */
function above(span: RecordedSpan): string[] {
  const parent = telemetry.spans.find(({ spanId }) => spanId === span.parentId);
  return parent === undefined ? [] : [parent.name, ...above(parent)];
}

test("one trace leads from the POST over topics and queues to every call of a partner", async () => {
  await place();
  await deliverAll(app);
  expect(new Set(telemetry.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
  expect(named("payments.capture").map(above)).toEqual([["handle stock", "send inventory", "post-order"]]);
  expect(named("mail.send").map(above)).toContainEqual([
    "handle customer-email",
    "send notifications",
    "handle stock",
    "send inventory",
    "post-order",
  ]);
  expect(named("webhook.post").map(above)).toEqual([
    [
      "handle vendor-webhook",
      "send vendor-webhook",
      "handle vendor-notices",
      "send notifications",
      "handle stock",
      "send inventory",
      "post-order",
    ],
  ]);
});

test("delayed retries stay in the trace, each linked to the attempt before it", async () => {
  bare.payments.trouble("down");
  bare.payments.trouble("down");
  await place();
  for (let hours = 0; hours < 3; hours++) {
    await deliverAll(app);
    app.system.advance(3_600_000);
  }
  const attempts = named("handle stock");
  expect(attempts.map(({ facts }) => [facts["attempt"], facts["outcome"]])).toEqual([
    [1, "retry"],
    [2, "retry"],
    [3, "done"],
  ]);
  expect(attempts.map(({ traceId }) => traceId)).toEqual([TRACE_ID, TRACE_ID, TRACE_ID]);
  expect(attempts.map(({ links }) => links)).toEqual([[], [attempts[0]?.spanId], [attempts[1]?.spanId]]);
  const calls = telemetry.spans.filter(({ name }) => name.startsWith("payments."));
  expect(calls.map(({ name, failure }) => [name, failure])).toEqual([
    ["payments.authorise", "TransientFault"],
    ["payments.find", "TransientFault"],
    ["payments.find", undefined],
    ["payments.authorise", undefined],
    ["payments.capture", undefined],
  ]);
});

const valuesOf = (metric: string) =>
  telemetry.values
    .filter((value) => value.metric === metric)
    .map(({ value, facts }) => ({ value, ...facts }));

test("orders are counted: accepted, replayed, and refused by reason, without their caller where there was no key", async () => {
  await place();
  await place();
  await place("{}");
  await place(undefined, { authorization: "Bearer nobody-knows-this-key" });
  expect(valuesOf("orders.accepted")).toEqual([
    { value: 1, brand: "pancake-palace", replayed: false },
    { value: 1, brand: "pancake-palace", replayed: true },
  ]);
  expect(valuesOf("orders.refused")).toEqual([
    { value: 1, brand: "pancake-palace", reason: "invalid", status: 422 },
    { value: 1, reason: "unauthorized", status: 401 },
  ]);
});

test("an order store that does not answer is a refusal of ours", async () => {
  app.directory.key = () => Promise.reject(new TransientFault("no answer"));
  const answer = await place();
  expect(answer.status).toBe(503);
  expect(valuesOf("orders.refused")).toEqual([{ value: 1, reason: "store-unavailable", status: 503 }]);
});

test("times are measured: to the confirmation, to each notice, and of each message on its queue", async () => {
  await place();
  await app.outbox.drain();
  app.system.advance(90_000);
  await deliverAll(app);
  expect(valuesOf("order.time_to_confirmed")).toEqual([{ value: 90, brand: "pancake-palace" }]);
  expect(valuesOf("delivery.attempts")).toContainEqual({ value: 1, channel: "vendor-webhook" });
  expect(valuesOf("delivery.time_to_told").map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  expect(valuesOf("messages.handled")).toContainEqual({ value: 1, queue: "stock", outcome: "done" });
});

test("a dead letter is counted under the fingerprint of its problem, which its ids do not change", async () => {
  const { id } = OrderReceipt.parse((await place()).body);
  const letter = (n: number) => ({
    messageId: `m${n}`,
    subject: "x",
    correlationId: id,
    body: { nonsense: n },
  });
  await app.bus.send("vendor-email", [letter(1), letter(2)]);
  await deliverAll(app).catch(() => undefined);
  const counted = valuesOf("dead_letters.added");
  expect(counted).toHaveLength(2);
  expect(counted[0]).toMatchObject({ value: 1, queue: "vendor-email", reason: "InvalidMessage" });
  expect(counted[1]).toEqual(counted[0]);
});
