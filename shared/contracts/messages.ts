import { z } from "zod";
import { EventType, type Order, type OrderRef, type OutboxEntry } from "./order.ts";

/**
 * CloudEvents 1.0 in structured JSON. Events carry names, not state: a handler reads the order as it is now, so
 * that a late or repeated message can never bring back an older truth.
 */
const envelope = <T extends z.ZodType, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({
    specversion: z.literal("1.0"),
    id: z.string(),
    source: z.string(),
    type,
    subject: z.string(),
    time: z.iso.datetime(),
    datacontenttype: z.literal("application/json"),
    traceparent: z.string().optional(),
    data,
  });

export const OrderEvent = envelope(
  EventType,
  z.strictObject({
    brandId: z.string(),
    orderId: z.string(),
    /** Of an event about a question to the customer; an order may have several. */
    question: z.int().min(1).optional(),
  }),
).meta({
  id: "OrderEvent",
});
export type OrderEvent = z.infer<typeof OrderEvent>;

/** Tells a delivery queue to attempt one delivery of the ledger. */
export const DeliveryDue = envelope(
  z.literal("delivery.due.v1"),
  z.strictObject({ brandId: z.string(), orderId: z.string(), deliveryId: z.string() }),
).meta({ id: "DeliveryDue" });
export type DeliveryDue = z.infer<typeof DeliveryDue>;

/** The name of an outbox entry: one per transition and topic, so a repeat is recognised as one. */
export const outboxMessageId = (orderId: string, entryId: string): string => `${orderId}.${entryId}`;

export function orderEvent(order: Order, entryId: string, entry: OutboxEntry): OrderEvent {
  return {
    specversion: "1.0",
    id: outboxMessageId(order.id, entryId),
    source: `/brands/${order.brandId}`,
    type: entry.type,
    subject: order.id,
    time: entry.at,
    datacontenttype: "application/json",
    ...(entry.traceparent === undefined ? {} : { traceparent: entry.traceparent }),
    data: {
      brandId: order.brandId,
      orderId: order.id,
      ...(entry.question === undefined ? {} : { question: entry.question }),
    },
  };
}

export function deliveryDue(
  ref: OrderRef,
  deliveryId: string,
  at: string,
  traceparent: string | undefined,
): DeliveryDue {
  return {
    specversion: "1.0",
    id: deliveryId,
    source: `/brands/${ref.brandId}`,
    type: "delivery.due.v1",
    subject: ref.orderId,
    time: at,
    datacontenttype: "application/json",
    ...(traceparent === undefined ? {} : { traceparent }),
    data: { ...ref, deliveryId },
  };
}
