import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventTypes } from "#shared/contracts/order.ts";
import { deliveryDue, orderEvent } from "#shared/contracts/messages.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { askCustomer } from "#shared/domain/question.ts";
import { planVendorNotices } from "#shared/use-cases/notify/plan-vendor-notices.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";
import { tellCustomer } from "#shared/use-cases/notify/tell-customer.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";
import { anOccasion, anOrder, moved, NOON, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";
import type { VendorAnswer } from "../../fakes/memory-webhook-sender.ts";

/** One thing that happens to notices, of whatever event, and what the outside says to it. */
const anything = fc.record({
  what: fc.constantFrom("tell-customer", "plan", "tell-vendors", "release", "wait"),
  event: fc.constantFrom(...eventTypes),
  hop: fc.integer({ min: 1, max: 4 }),
  mail: fc.constantFrom(undefined, "throttled", "down", "answer-lost"),
  webhook: fc.constantFrom<VendorAnswer>(
    { status: 200 },
    { status: 503 },
    { status: 429, retryAfterSeconds: 60 },
    { status: 400 },
    { status: 404 },
    { status: 410 },
    "hang-up",
  ),
});
type Anything = typeof anything extends fc.Arbitrary<infer One> ? One : never;

const placed = anOrder();
const confirmed = moved(confirmOrder(placed, anOccasion()));
const orders = fc.constantFrom(
  placed,
  confirmed,
  moved(askCustomer(placed, { reason: "payment-declined" }, anOccasion())),
  moved(cancelOrder(confirmed, undefined, anOccasion())),
);

async function happen(app: MemoryApp, { what, event, hop, mail, webhook }: Anything): Promise<unknown> {
  const ref = refOf(placed);
  const age = { hop, firstEnqueuedAtMs: Date.parse(NOON) };
  if (mail !== undefined) app.mailer.trouble(mail);
  app.webhooks.answer(webhook);
  if (what === "tell-customer") {
    const entry = { topic: "notifications", type: event, at: NOON } as const;
    return await tellCustomer(app, orderEvent(placed, "v9-notifications", entry), age);
  }
  if (what === "plan") return await planVendorNotices(app, ref, event, anOccasion());
  if (what === "release") return await releaseHeld(app);
  if (what === "wait") return app.system.advance(30 * 3_600_000);
  for (const { id, channel } of app.ledger.all) {
    if (channel !== "customer-email")
      await tellVendor(app, deliveryDue(ref, id, NOON, undefined), age, channel);
  }
  return undefined;
}

test("whatever becomes of notices, in any order, the order stays as it is, byte for byte", async () => {
  const property = fc.asyncProperty(orders, fc.array(anything, { maxLength: 12 }), async (order, course) => {
    const app = createMemoryApp();
    app.orders.put(order);
    const before = JSON.stringify(await app.orders.get(refOf(order)));
    // Most of this fails in one way or another, and that is the point.
    for (const one of course) await happen(app, one).catch(() => undefined);
    expect(JSON.stringify(await app.orders.get(refOf(order)))).toBe(before);
    expect([app.payments.effects, app.bus.take("stock")]).toEqual([[], []]);
  });
  await fc.assert(property, { numRuns: 300 });
});
