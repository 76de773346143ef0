import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder, demandOf, placeOrder, recordReturn } from "#shared/domain/order.ts";
import { askCustomer } from "#shared/domain/question.ts";
import { arbitraryOrderRequest } from "../../builders/arbitrary.ts";
import { anOccasion, anOrder, anOrderRequest, moved } from "../../builders/orders.ts";

describe("placing an order", () => {
  test("any order that the contract takes becomes a document of the contract which says what it costs", () => {
    fc.assert(
      fc.property(arbitraryOrderRequest(), (request) => {
        const order = placeOrder(
          "pancake-palace",
          "key-1",
          request,
          anOccasion({ traceparent: "00-1-2-01" }),
        );
        expect(Order.safeParse(order).error).toBeUndefined();
        expect(order.totalMinor).toBe(request.lines.reduce((sum, l) => sum + l.quantity * l.unitPrice, 0));
        expect(Number.isSafeInteger(order.totalMinor)).toBe(true);
      }),
    );
  });

  test("it owes one message to the stock and one to everybody who is told, with the trace of the request", () => {
    const order = placeOrder("b", "k", anOrderRequest(), anOccasion({ traceparent: "00-1-2-01" }));
    const entry = { type: "order.placed.v1", at: order.createdAt, traceparent: "00-1-2-01" };
    expect(order.outbox).toEqual({
      "v1-inventory": { topic: "inventory", ...entry },
      "v1-notifications": { topic: "notifications", ...entry },
    });
    expect(order.pendingSince).toBe(order.createdAt);
  });

  test("payment and reservation have their names before anybody is called", () => {
    const { id, payment, stock } = anOrder();
    expect([payment.key, stock.reservationId]).toEqual([`pay_${id}_1`, `rsv_${id}_1`]);
    expect([payment.state, stock.state]).toEqual(["due", "due"]);
  });
});

describe("what an order remembers", () => {
  const accepted = anOrder();

  test("confirmed: the money is taken and the goods are held", () => {
    expect(moved(confirmOrder(accepted, anOccasion()))).toMatchObject({
      status: "confirmed",
      payment: { state: "captured" },
      stock: { state: "reserved" },
    });
  });

  test("declined: the goods are given back, and the customer is asked about the payment", () => {
    const order = moved(askCustomer(accepted, { reason: "payment-declined" }, anOccasion()));
    expect(order).toMatchObject({
      status: "needs-attention",
      attention: { reason: "payment-declined" },
      payment: { state: "declined" },
      stock: { state: "released" },
    });
  });

  test("short: which goods were missing, and that nothing was charged", () => {
    const order = moved(askCustomer(accepted, { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
    expect(order).toMatchObject({
      status: "needs-attention",
      attention: { reason: "out-of-stock", skus: ["BUTTER"] },
      payment: { state: "due" },
      stock: { state: "short", shortSkus: ["BUTTER"] },
    });
  });

  test("money that turns up after a cancellation is recorded as returned, and that stays so", () => {
    const cancelled = moved(cancelOrder(accepted, undefined, anOccasion()));
    const nothing = moved(recordReturn(cancelled, "not-taken", anOccasion()));
    expect(nothing).toMatchObject({
      status: "cancelled",
      payment: { state: "not-taken" },
      stock: { state: "released" },
    });
    const money = moved(recordReturn(nothing, "refunded", anOccasion()));
    expect(money).toMatchObject({ status: "refunded", payment: { state: "refunded" } });
    expect(recordReturn(money, "not-taken", anOccasion())).toEqual({ ok: false, reason: "already-recorded" });
  });

  test("an order that was handed over can no longer be cancelled", () => {
    const fulfilled = anOrder({ status: "fulfilled" });
    expect(cancelOrder(fulfilled, undefined, anOccasion())).toEqual({ ok: false, reason: "handed-over" });
  });
});

test("two lines of one SKU are asked for together", () => {
  const line = { quantity: 2, unitPrice: 1, vendorId: "vendor-mill" };
  const order = anOrder({
    lines: [
      { ...line, sku: "A" },
      { ...line, sku: "B" },
      { ...line, sku: "A", quantity: 3 },
    ],
  });
  expect([...demandOf(order)]).toEqual([
    ["A", 5],
    ["B", 2],
  ]);
});
