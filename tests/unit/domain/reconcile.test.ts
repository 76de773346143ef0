import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Order } from "#shared/contracts/order.ts";
import { demandOf, namesOf } from "#shared/domain/order.ts";
import { contradictionsIn } from "#shared/domain/reconcile/contradictions.ts";
import { examineGoods } from "#shared/domain/reconcile/examine-goods.ts";
import { examineMoney } from "#shared/domain/reconcile/examine-money.ts";
import { examineStock } from "#shared/domain/reconcile/examine-stock.ts";
import type { Hold, OrderRecords, PaymentRecord } from "#shared/domain/reconcile/records.ts";
import { anyCommands, type Command, live } from "../../builders/lives.ts";
import { anOrder } from "../../builders/orders.ts";

/** Chance alone seldom gets so far. */
const courses: readonly (readonly Command[])[] = [
  [],
  ["confirm", "hand over at the mill", "hand over at the dairy"],
  ["confirm", "hand over at the mill", "hand over at the dairy", "sell"],
  ["confirm", "cancel", "return the money"],
  ["ask about the stock", "answer to go without", "confirm"],
  ["ask about the payment", "answer with a new card", "confirm"],
];

const anyOrder = (): fc.Arbitrary<Order> =>
  fc
    .tuple(fc.constantFrom(...courses), anyCommands())
    .map(([course, more]) => live(anOrder(), [...course, ...more]).at(-1)?.after ?? anOrder());

/** What the stock and the provider say when everything has come to rest and every round is as it should be. */
function atRest(order: Order): OrderRecords {
  const { reservationId } = order.stock;
  const stands = order.status === "confirmed" || order.status === "fulfilled";
  const isHeld = stands && order.stock.state === "reserved";
  const holds = [...demandOf(order)].map(([sku, quantity]): Hold => ({
    reservationId,
    orderId: order.id,
    sku,
    quantity,
  }));
  const state = stands ? "captured" : order.payment.state === "refunded" ? "refunded" : "declined";
  const { totalMinor: amountMinor, currency } = order;
  const payment: PaymentRecord = { key: order.payment.key, orderId: order.id, state, amountMinor, currency };
  return { order, deliveries: [], holds: isHeld ? holds : [], payments: [payment] };
}

const settled = (order: Order): boolean => order.status !== "accepted";

/** Each changes one thing that a document says. */
const alterations: readonly ((order: Order) => Order)[] = [
  (order) => ({ ...order, status: order.status === "fulfilled" ? "confirmed" : "fulfilled" }),
  (order) => ({ ...order, status: order.status === "accepted" ? "confirmed" : "accepted" }),
  (order) => ({ ...order, totalMinor: order.totalMinor + 1 }),
  (order) => ({ ...order, createdAt: "2025-12-31T00:00:00.000Z" }),
  (order) => ({ ...order, sort: `${order.sort}x` }),
  (order) => ({ ...order, lines: order.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) }),
  (order) => ({ ...order, payment: { ...order.payment, key: namesOf(order.id, 9).paymentKey } }),
  (order) => ({ ...order, stock: { ...order.stock, reservationId: namesOf(order.id, 9).reservationId } }),
  (order) => ({ ...order, timeline: order.timeline.slice(1) }),
];

describe("the examination of an order", () => {
  test("finds no contradiction in any order that came about by the rules", () => {
    fc.assert(
      fc.property(anyOrder(), (order) => {
        expect(contradictionsIn(order)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("finds a contradiction as soon as one thing in it was changed", () => {
    fc.assert(
      fc.property(anyOrder(), fc.constantFrom(...alterations), (order, alter) => {
        expect(contradictionsIn(alter(order))).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("notices another customer as long as the order is what was posted", () => {
    const order = anOrder();
    const customer = { ...order.customer, email: "mallory@example.com" };
    expect(contradictionsIn({ ...order, customer })).toMatchObject([expect.stringContaining("fingerprint")]);
  });

  test("finds nothing wrong with goods and money that are where the order says", () => {
    fc.assert(
      fc.property(anyOrder(), (order) => {
        const records = atRest(order);
        expect([...examineGoods(records), ...examineMoney(records)]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("has given back whatever an earlier round holds, and leaves what it does not know to people", () => {
    fc.assert(
      fc.property(anyOrder().filter(settled), fc.boolean(), (order, isOurs) => {
        const records = atRest(order);
        const round = isOurs ? namesOf(order.id, 1) : { paymentKey: "pay_other", reservationId: "rsv_other" };
        const inUse = order.status === "confirmed" || order.status === "fulfilled";
        // The round that the order stands on is no earlier one.
        fc.pre(!isOurs || !inUse || round.paymentKey !== order.payment.key);
        const hold: Hold = {
          reservationId: round.reservationId,
          orderId: order.id,
          sku: "BUTTER",
          quantity: 1,
        };
        const payment: PaymentRecord = {
          key: round.paymentKey,
          orderId: order.id,
          state: "captured",
          amountMinor: 1,
          currency: "AUD",
        };
        const goods = examineGoods({ ...records, holds: [...(records.holds ?? []), hold] });
        const money = examineMoney({ ...records, payments: [...(records.payments ?? []), payment] });
        expect(goods.map(({ kind, repair }) => [kind, repair !== undefined])).toEqual([
          ["hold-unreturned", isOurs],
        ]);
        expect(money.map(({ repair }) => repair !== undefined)).toEqual([isOurs]);
      }),
      { numRuns: 300 },
    );
  });

  test("says nothing about goods and money of partners that show no books", () => {
    const order = anOrder({ status: "confirmed" });
    const records: OrderRecords = { order, deliveries: [], holds: undefined, payments: undefined };
    expect([...examineGoods(records), ...examineMoney(records)]).toEqual([]);
  });
});

describe("the examination of a SKU", () => {
  const pieces = () => fc.nat(1000);
  const level = () =>
    fc.record({
      available: pieces(),
      held: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 5 }),
      sold: pieces(),
    });
  const recordOf = ({ available, held, sold }: { available: number; held: number[]; sold: number }) => {
    const reserved = held.reduce((sum, quantity) => sum + quantity, 0);
    const holds = held.map((quantity, index) => ({
      record: { reservationId: `rsv_${index}`, orderId: `ord_${index}`, sku: "BUTTER", quantity },
    }));
    return {
      sku: "BUTTER",
      holds,
      level: { available, reserved, sold, stocked: available + reserved + sold },
    };
  };

  test("finds nothing when no piece is lost", () => {
    fc.assert(
      fc.property(level(), (numbers) => {
        const { level: record, ...rest } = recordOf(numbers);
        expect(examineStock({ ...rest, level: { record } })).toEqual([]);
      }),
    );
  });

  test("finds any one number that was changed", () => {
    const names = ["available", "reserved", "sold", "stocked"] as const;
    fc.assert(
      fc.property(level(), fc.constantFrom(...names), fc.integer({ min: 1, max: 9 }), (numbers, name, by) => {
        const { level: whole, ...rest } = recordOf(numbers);
        const record = { ...whole, [name]: whole[name] + by };
        expect(examineStock({ ...rest, level: { record } }).map(({ kind }) => kind)).toEqual([
          "level-altered",
        ]);
      }),
    );
  });
});
