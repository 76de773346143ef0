import { z } from "zod";
import { Address, Customer, OrderLine } from "./order-request.ts";
import { topicNames } from "./topology.ts";

/**
 * The life of an order: accepted → confirmed → fulfilled, with needs-attention (the customer is asked) and
 * cancelled (→ refunded where money was taken). `shared/domain/order.ts` holds the guards.
 */
export const OrderStatus = z
  .enum(["accepted", "needs-attention", "confirmed", "fulfilled", "cancelled", "refunded"])
  .meta({ id: "OrderStatus" });

export const eventTypes = [
  "order.placed.v1",
  "order.confirmed.v1",
  "order.attention-needed.v1",
  "order.cancelled.v1",
  "order.refunded.v1",
] as const;
export const EventType = z.enum(eventTypes).meta({ id: "EventType" });
export type EventType = z.infer<typeof EventType>;

export const AttentionReason = z.enum(["out-of-stock", "payment-declined"]).meta({ id: "AttentionReason" });
export type AttentionReason = z.infer<typeof AttentionReason>;

export const TimelineEntry = z
  .strictObject({ at: z.iso.datetime(), event: EventType, detail: z.string().optional() })
  .meta({ id: "TimelineEntry" });

/** A message that this order still owes to a topic. Its key in the outbox is its name for ever. */
export const OutboxEntry = z.strictObject({
  topic: z.enum(topicNames),
  type: EventType,
  at: z.iso.datetime(),
  traceparent: z.string().optional(),
});
export type OutboxEntry = z.infer<typeof OutboxEntry>;

/**
 * The order as it stands in Cosmos DB: one document, one transaction. `version` grows by one with every
 * transition and guards it; publishing and clearing the outbox leave it alone.
 */
export const Order = z.strictObject({
  id: z.string(),
  brandId: z.string(),
  /** Creation time and id: unique within the brand and in the order of the brand's list. */
  sort: z.string(),
  version: z.int().min(1),
  status: OrderStatus,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Of the request body; tells a replay from a second order under the same Idempotency-Key. */
  fingerprint: z.string(),
  reference: z.string().optional(),
  locale: z.string(),
  currency: z.string(),
  totalMinor: z.int().min(0),
  customer: Customer,
  shippingAddress: Address,
  lines: z.array(OrderLine),
  payment: z.strictObject({
    /** Names the payment at the provider; stored before the provider is ever called. */
    key: z.string(),
    token: z.string(),
    state: z.enum(["due", "captured", "declined", "not-taken", "refunded"]),
  }),
  stock: z.strictObject({
    reservationId: z.string(),
    state: z.enum(["due", "reserved", "short", "released"]),
    /** The SKUs that were missing, when `short`. */
    shortSkus: z.array(z.string()).optional(),
  }),
  attention: z.strictObject({ reason: AttentionReason, since: z.iso.datetime() }).optional(),
  timeline: z.array(TimelineEntry),
  outbox: z.record(z.string(), OutboxEntry),
  /** Exists only while the outbox is not empty, so that the sweep is one indexed query. */
  pendingSince: z.iso.datetime().optional(),
});
export type Order = z.infer<typeof Order>;
export type OrderStatus = z.infer<typeof OrderStatus>;

/** Names one order; the brand is part of the name, so that no brand can reach another's. */
export interface OrderRef {
  readonly brandId: string;
  readonly orderId: string;
}
