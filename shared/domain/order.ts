import type { AttentionReason, EventType, Order, OutboxEntry } from "#shared/contracts/order.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import type { TopicName } from "#shared/contracts/topology.ts";
import { fingerprintOf, orderIdFor } from "./ids.ts";

/**
 * The life of an order as pure functions. Each transition answers the next document, with its version raised, its
 * timeline extended and its messages in the outbox, or the reason why it may not happen. A transition that has
 * happened already is refused too, so a late or repeated message never moves an order backwards.
 */
export type Transition<Reason extends string> =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly reason: Reason };

/** When, and as part of which trace, something happens. */
export interface Occasion {
  readonly at: string;
  readonly traceparent?: string | undefined;
}

interface Happening {
  readonly event: EventType;
  readonly detail?: string;
  readonly topics: readonly TopicName[];
}

/** The key of an outbox entry: each version tells each topic at most one thing. */
export const outboxEntryId = (version: number, topic: TopicName): string => `v${version}-${topic}`;

const outboxOf = (version: number, happening: Happening, occasion: Occasion): Record<string, OutboxEntry> =>
  Object.fromEntries(
    happening.topics.map((topic) => [
      outboxEntryId(version, topic),
      {
        topic,
        type: happening.event,
        at: occasion.at,
        ...(occasion.traceparent === undefined ? {} : { traceparent: occasion.traceparent }),
      },
    ]),
  );

function advance(order: Order, changes: Partial<Order>, happening: Happening, occasion: Occasion): Order {
  const version = order.version + 1;
  const { event, detail } = happening;
  return {
    ...order,
    ...changes,
    version,
    updatedAt: occasion.at,
    timeline: [...order.timeline, { at: occasion.at, event, ...(detail === undefined ? {} : { detail }) }],
    outbox: { ...order.outbox, ...outboxOf(version, happening, occasion) },
    ...(happening.topics.length > 0 ? { pendingSince: occasion.at } : {}),
  };
}

export function placeOrder(
  brandId: string,
  idempotencyKey: string,
  request: OrderRequest,
  occasion: Occasion,
): Order {
  const id = orderIdFor(brandId, idempotencyKey);
  const placed: Happening = { event: "order.placed.v1", topics: ["inventory", "notifications"] };
  return {
    id,
    brandId,
    sort: `${occasion.at}_${id}`,
    version: 1,
    status: "accepted",
    createdAt: occasion.at,
    updatedAt: occasion.at,
    fingerprint: fingerprintOf(request),
    ...(request.reference === undefined ? {} : { reference: request.reference }),
    locale: request.locale,
    currency: request.currency,
    totalMinor: request.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0),
    customer: request.customer,
    shippingAddress: request.shippingAddress,
    lines: request.lines,
    payment: { key: `pay_${id}_1`, token: request.payment.token, state: "due" },
    stock: { reservationId: `rsv_${id}_1`, state: "due" },
    timeline: [{ at: occasion.at, event: placed.event }],
    outbox: outboxOf(1, placed, occasion),
    pendingSince: occasion.at,
  };
}

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

/** A business rule stands in the way: the customer is asked, nothing is cancelled. Nothing is held any more. */
export function askCustomer(
  order: Order,
  attention: { readonly reason: AttentionReason; readonly skus?: readonly string[] },
  occasion: Occasion,
): Transition<"not-accepted"> {
  if (order.status !== "accepted") return { ok: false, reason: "not-accepted" };
  const { reason, skus = [] } = attention;
  const changes: Partial<Order> = {
    status: "needs-attention",
    attention: { reason, since: occasion.at },
    ...(reason === "payment-declined"
      ? { payment: { ...order.payment, state: "declined" }, stock: { ...order.stock, state: "released" } }
      : { stock: { ...order.stock, state: "short", shortSkus: [...skus] } }),
  };
  const happening: Happening = {
    event: "order.attention-needed.v1",
    detail: reason,
    topics: ["notifications"],
  };
  return { ok: true, order: advance(order, changes, happening, occasion) };
}

/** At the wish of a customer, a brand or an operator, until the goods are handed over. Never for a technical reason. */
export function cancelOrder(
  order: Order,
  reason: string | undefined,
  occasion: Occasion,
): Transition<"already-cancelled" | "handed-over"> {
  if (order.status === "cancelled" || order.status === "refunded")
    return { ok: false, reason: "already-cancelled" };
  if (order.status === "fulfilled") return { ok: false, reason: "handed-over" };
  const happening: Happening = {
    event: "order.cancelled.v1",
    ...(reason === undefined ? {} : { detail: reason }),
    topics: ["inventory", "notifications"],
  };
  return { ok: true, order: advance(order, { status: "cancelled" }, happening, occasion) };
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
export function demandOf(order: Order): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { sku, quantity } of order.lines) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
  return demand;
}
