import type { Order } from "#shared/contracts/order.ts";
import type { OrderLine, OrderRequest } from "#shared/contracts/order-request.ts";
import { basketOf, fingerprintOf, orderIdFor } from "./ids.ts";
import {
  advance,
  type Happening,
  type Occasion,
  outboxOf,
  type Transition,
  withoutQuestion,
} from "./transition.ts";

/*
 * The life of an order as pure functions; `question.ts` has what the customer is asked and answers, `hand-over.ts` what
 * vendors do. See `transition.ts` for what every one of them promises.
 */
export type { Occasion, Transition } from "./transition.ts";

export function placeOrder(
  brandId: string,
  idempotencyKey: string,
  request: OrderRequest,
  occasion: Occasion,
): Order {
  const id = orderIdFor(brandId, idempotencyKey);
  const placed: Happening = { event: "order.placed.v1", topics: ["inventory", "notifications"] };
  const names = namesOf(id, 1);
  return {
    id,
    brandId,
    sort: `${occasion.at}_${id}`,
    version: 1,
    status: "accepted",
    createdAt: occasion.at,
    updatedAt: occasion.at,
    fingerprint: fingerprintOf(request),
    basket: basketOf(request),
    ...(request.reference === undefined ? {} : { reference: request.reference }),
    locale: request.locale,
    currency: request.currency,
    totalMinor: totalOf(request.lines),
    customer: request.customer,
    shippingAddress: request.shippingAddress,
    lines: request.lines,
    payment: { key: names.paymentKey, token: request.payment.token, state: "due" },
    stock: { reservationId: names.reservationId, state: "due" },
    timeline: [{ at: occasion.at, event: placed.event }],
    outbox: outboxOf(1, placed, occasion),
    pendingSince: occasion.at,
  };
}

export const totalOf = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);

/**
 * What an order is called at the partners. Each round (the first, and one more after every answer that goes on with the
 * order) has names of its own, so that nothing done under the old ones can count for the new.
 */
export const namesOf = (
  orderId: string,
  round: number,
): { readonly paymentKey: string; readonly reservationId: string } => ({
  paymentKey: `pay_${orderId}_${round}`,
  reservationId: `rsv_${orderId}_${round}`,
});

/** Which attempt to prepare the order this is, from 1. */
export const roundOf = ({ answers = [] }: Order): number =>
  1 + answers.filter(({ choice }) => choice !== "cancel").length;

/** Goods are held and money is taken: the order stands. */
export function confirmOrder(order: Order, occasion: Occasion): Transition<"not-accepted"> {
  if (order.status !== "accepted") return { ok: false, reason: "not-accepted" };
  const changes: Partial<Order> = {
    status: "confirmed",
    payment: { ...order.payment, state: "captured" },
    stock: { ...order.stock, state: "reserved" },
  };
  return {
    ok: true,
    order: advance(order, changes, { event: "order.confirmed.v1", topics: ["notifications"] }, occasion),
  };
}

/**
 * At the wish of a customer, a brand or an operator, or because a question was not answered in time, until any of the
 * goods are handed over. Never for a technical reason.
 */
export function cancelOrder(
  order: Order,
  reason: string | undefined,
  occasion: Occasion,
): Transition<"already-cancelled" | "handed-over"> {
  if (order.status === "cancelled" || order.status === "refunded")
    return { ok: false, reason: "already-cancelled" };
  if (order.status === "fulfilled" || order.handedOver !== undefined)
    return { ok: false, reason: "handed-over" };
  const happening: Happening = {
    event: "order.cancelled.v1",
    detail: reason,
    topics: ["inventory", "notifications"],
  };
  return { ok: true, order: advance(withoutQuestion(order), { status: "cancelled" }, happening, occasion) };
}

/**
 * What a cancellation gave back. Money that turns up after a cancellation (the charge was under way) is returned
 * as well, so `not-taken` may still become `refunded`, but never the other way round.
 */
export function recordReturn(
  order: Order,
  money: "not-taken" | "refunded",
  occasion: Occasion,
): Transition<"not-cancelled" | "already-recorded"> {
  if (order.status === "refunded") return { ok: false, reason: "already-recorded" };
  if (order.status !== "cancelled") return { ok: false, reason: "not-cancelled" };
  if (money === "not-taken" && order.payment.state === "not-taken")
    return { ok: false, reason: "already-recorded" };
  const returned: Partial<Order> = {
    payment: { ...order.payment, state: money },
    stock: { ...order.stock, state: "released" },
  };
  if (money === "not-taken") {
    return { ok: true, order: { ...order, ...returned, version: order.version + 1, updatedAt: occasion.at } };
  }
  const changes: Partial<Order> = { ...returned, status: "refunded" };
  return {
    ok: true,
    order: advance(order, changes, { event: "order.refunded.v1", topics: ["notifications"] }, occasion),
  };
}

/** Demand per SKU, summed over lines: two lines of one SKU must not each pass a check that only one of them can. */
export function demandOf({ lines }: Pick<Order, "lines">): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { sku, quantity } of lines) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
  return demand;
}
