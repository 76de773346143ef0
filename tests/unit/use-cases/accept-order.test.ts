import { beforeEach, describe, expect, test } from "vitest";
import {
  acceptOrder,
  type AcceptOrderCommand,
  type AcceptOrderResult,
} from "#shared/use-cases/accept-order.ts";
import { aBrand } from "../../builders/directory.ts";
import { anOccasion, anOrderRequest, noonPlus } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

let app: MemoryApp;
beforeEach(() => {
  app = createMemoryApp();
});

const accept = (changes: Partial<AcceptOrderCommand> = {}): Promise<AcceptOrderResult> =>
  acceptOrder(app, {
    brandId: "pancake-palace",
    idempotencyKey: "checkout-1",
    request: anOrderRequest(),
    occasion: anOccasion(),
    ...changes,
  });

describe("accepting an order", () => {
  test("stores it, and publishes what it owes without being waited for", async () => {
    app.bus.breakDown("inventory", "notifications");
    expect(await accept()).toMatchObject({ ok: true, replayed: false, receipt: { status: "accepted" } });
    app.bus.mend();
    await accept({ idempotencyKey: "checkout-2" });
    await app.outbox.drain();
    expect(app.orders.all.map(({ pendingSince }) => pendingSince !== undefined)).toEqual([true, false]);
  });

  test("many posts of one key at once make one order, and all are answered the same", async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, post) => accept({ occasion: anOccasion({ at: noonPlus(post) }) })),
    );
    expect(app.orders.all).toHaveLength(1);
    const receipts = new Set(results.map((result) => JSON.stringify(result.ok && result.receipt)));
    expect(receipts.size).toBe(1);
    expect(results.filter((result) => result.ok && !result.replayed)).toHaveLength(1);
    await app.outbox.drain();
    expect(app.bus.arrived).toHaveLength(2);
  });

  test("a replay answers what was answered first, although the order has moved on", async () => {
    const first = await accept();
    const [order] = app.orders.all;
    app.orders.put({ ...order!, status: "confirmed", version: 2 });
    expect(await accept()).toEqual({ ...first, replayed: true });
  });

  test("a replay is answered the same when the brand has parted with a vendor since", async () => {
    const first = await accept();
    app.directory.add({ brands: [aBrand({ vendorIds: ["vendor-dairy"] })] });
    expect(await accept()).toEqual({ ...first, replayed: true });
    expect(await accept({ idempotencyKey: "checkout-2" })).toMatchObject({ reason: "unknown-vendor" });
    const other = anOrderRequest({ payment: { token: "tok_other" } });
    expect(await accept({ request: other })).toMatchObject({ reason: "key-reused" });
  });

  test("a replay publishes nothing again", async () => {
    await accept();
    await app.outbox.drain();
    await accept();
    await app.outbox.drain();
    expect(app.bus.arrived).toHaveLength(2);
  });

  test.each([
    [
      "another price",
      anOrderRequest({ lines: [{ sku: "BUTTER", quantity: 1, unitPrice: 1, vendorId: "vendor-dairy" }] }),
    ],
    ["another card", anOrderRequest({ payment: { token: "tok_other" } })],
    ["another customer", anOrderRequest({ customer: { email: "kim@example.com", name: "Kim" } })],
  ])("the same key with %s is refused", async (_what, request) => {
    await accept();
    expect(await accept({ request })).toEqual({ ok: false, reason: "key-reused" });
    expect(app.orders.all).toHaveLength(1);
  });

  test("lines of vendors whom the brand does not sell for are named, and nothing is stored", async () => {
    app.directory.add({ brands: [aBrand({ vendorIds: ["vendor-dairy"] })] });
    expect(await accept()).toEqual({ ok: false, reason: "unknown-vendor", lines: [0] });
    expect(await accept({ brandId: "nobody" })).toEqual({
      ok: false,
      reason: "unknown-vendor",
      lines: [0, 1],
    });
    expect(app.orders.all).toEqual([]);
  });
});
