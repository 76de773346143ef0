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

/** What the customer is told of, each by a mail of its own. */
export const customerEvents = [
  "order.placed.v1",
  "order.confirmed.v1",
  "order.attention-needed.v1",
  "order.attention-reminder.v1",
  "order.fulfilled.v1",
  "order.cancelled.v1",
  "order.refunded.v1",
] as const;
export type CustomerEvent = (typeof customerEvents)[number];

export const eventTypes = [...customerEvents, "order.answered.v1", "order.handed-over.v1"] as const;
export const EventType = z.enum(eventTypes).meta({ id: "EventType" });
export type EventType = z.infer<typeof EventType>;

export const AttentionReason = z.enum(["out-of-stock", "payment-declined"]).meta({ id: "AttentionReason" });
export type AttentionReason = z.infer<typeof AttentionReason>;

/** How a customer may settle a question; which of them are on offer depends on the order. */
export const AnswerChoice = z
  .enum(["new-card", "try-again", "partial", "cancel"])
  .meta({ id: "AnswerChoice" });
export type AnswerChoice = z.infer<typeof AnswerChoice>;

/** Why an order that nobody asked to cancel was cancelled: its question was not answered in time. */
export const UNANSWERED = "unanswered";

export const TimelineEntry = z
  .strictObject({ at: z.iso.datetime(), event: EventType, detail: z.string().optional() })
  .meta({ id: "TimelineEntry" });

/** A message that this order still owes to a topic. Its key in the outbox is its name for ever. */
export const OutboxEntry = z.strictObject({
  topic: z.enum(topicNames),
  type: EventType,
  at: z.iso.datetime(),
  traceparent: z.string().optional(),
  /** Which question this is about, where it is about one. */
  question: z.int().min(1).optional(),
});
export type OutboxEntry = z.infer<typeof OutboxEntry>;

/** A question that waits for the customer's answer. */
export const Attention = z.strictObject({
  reason: AttentionReason,
  since: z.iso.datetime(),
  /** Counts the questions of this order, from 1. */
  question: z.int().min(1),
  /** When the order is cancelled unless it was answered. */
  until: z.iso.datetime(),
  /** What is missing, when `out-of-stock`. */
  skus: z.array(z.string()),
});

/** An answer that was given; its fingerprint tells the same answer again from another one. */
export const Answered = z.strictObject({
  question: z.int().min(1),
  choice: AnswerChoice,
  at: z.iso.datetime(),
  fingerprint: z.string(),
});

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
  /** What is to be sent and paid for. */
  lines: z.array(OrderLine),
  /** Lines that the customer went without, because their goods were missing. */
  droppedLines: z.array(OrderLine).optional(),
  payment: z.strictObject({
    /** Names the payment at the provider; stored before the provider is ever called. Each answer begins another. */
    key: z.string(),
    token: z.string(),
    state: z.enum(["due", "captured", "declined", "not-taken", "refunded"]),
  }),
  stock: z.strictObject({
    reservationId: z.string(),
    state: z.enum(["due", "reserved", "short", "released", "sold"]),
    /** The SKUs that were missing, when `short`. */
    shortSkus: z.array(z.string()).optional(),
  }),
  /** Exists only while the order waits for the customer. */
  attention: Attention.optional(),
  /** Its preparation was parked and an operator has to decide; no longer so as soon as the order moves on. */
  stopped: z.strictObject({ reason: z.string(), since: z.iso.datetime(), version: z.int() }).optional(),
  /** When the waiting customer is to be reminded or given up; exists only together with `attention`. */
  dueAt: z.iso.datetime().optional(),
  answers: z.array(Answered).optional(),
  /** When each vendor handed its lines over. */
  handedOver: z.record(z.string(), z.iso.datetime()).optional(),
  /** The same for every order of one customer over the same goods; finds orders that were placed twice by mistake. */
  basket: z.string().optional(),
  /** An earlier order that this one may repeat by mistake. A hint for people; nothing is decided by it. */
  possibleDuplicateOf: z.string().optional(),
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
