import type { EventType, Order, OrderStatus } from "#shared/contracts/order.ts";
import { handedOverAt, vendorsOf } from "../hand-over.ts";
import { fingerprintOf } from "../ids.ts";
import { totalOf } from "../order.ts";
import { roundsOf } from "./rounds.ts";

/** Where each event leaves an order. */
const statusAfter: Readonly<Record<EventType, OrderStatus>> = {
  "order.placed.v1": "accepted",
  "order.answered.v1": "accepted",
  "order.attention-needed.v1": "needs-attention",
  "order.attention-reminder.v1": "needs-attention",
  "order.confirmed.v1": "confirmed",
  "order.handed-over.v1": "confirmed",
  "order.fulfilled.v1": "fulfilled",
  "order.cancelled.v1": "cancelled",
  "order.refunded.v1": "refunded",
};

/** Each answers what does not fit, if it does not. */
const checks: readonly ((order: Order) => string | false)[] = [
  ({ createdAt, timeline }) => timeline[0]?.at !== createdAt && "createdAt is not when it was placed",
  ({ status, timeline }) => {
    const last = timeline.at(-1)?.event;
    const follows = last !== undefined && statusAfter[last] === status;
    return !follows && `status ${status} does not follow from ${last ?? "nothing"}`;
  },
  ({ id, sort, createdAt }) => sort !== `${createdAt}_${id}` && "sort is not made of createdAt and id",
  ({ lines, totalMinor }) => {
    const total = totalOf(lines);
    return total !== totalMinor && `totalMinor ${totalMinor} is not the lines' ${total}`;
  },
  (order) => {
    const { payment, stock } = order;
    const { now } = roundsOf(order);
    const isNow = payment.key === now.paymentKey && stock.reservationId === now.reservationId;
    return !isNow && `${payment.key} and ${stock.reservationId} are not the names of its round`;
  },
  ({ attention, status }) =>
    (attention !== undefined) !== (status === "needs-attention") &&
    `${status}, and ${attention === undefined ? "asks nothing" : "asks its customer"}`,
  (order) => {
    const { status } = order;
    const isAllGone = vendorsOf(order).every((vendor) => handedOverAt(order, vendor) !== undefined);
    return isAllGone !== (status === "fulfilled") && `${status}, and handed over: ${String(isAllGone)}`;
  },
  // An answer changes what the order consists of.
  (order) =>
    order.answers === undefined &&
    fingerprintOf(requestOf(order)) !== order.fingerprint &&
    "what was ordered is not what was posted: the fingerprint differs",
];

/** What an order's document says twice, and not the same. */
export const contradictionsIn = (order: Order): string[] =>
  checks.map((check) => check(order)).filter((detail) => detail !== false);

/** The request as it was posted; the fingerprint was made of it. */
function requestOf(order: Order): unknown {
  const { currency, locale, reference, customer, shippingAddress, lines, payment } = order;
  const { token } = payment;
  return {
    currency,
    locale,
    ...(reference === undefined ? {} : { reference }),
    customer,
    shippingAddress,
    lines,
    payment: { token },
  };
}
