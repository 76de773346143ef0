import { z } from "zod";
import { Channel, DeliveryState } from "./delivery.ts";
import { AnswerChoice, AttentionReason, EventType, OrderStatus, TimelineEntry } from "./order.ts";
import { CardToken, OrderLine } from "./order-request.ts";

/** What `POST /orders` and `POST …/cancellation` answer. */
export const OrderReceipt = z
  .strictObject({ id: z.string(), status: OrderStatus, statusUrl: z.string() })
  .meta({ id: "OrderReceipt" });
export type OrderReceipt = z.infer<typeof OrderReceipt>;

export const OrderSummary = z
  .strictObject({
    id: z.string(),
    status: OrderStatus,
    statusUrl: z.string(),
    reference: z.string().optional(),
    currency: z.string(),
    totalMinor: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "OrderSummary" });
export type OrderSummary = z.infer<typeof OrderSummary>;

/** One notice as a shopper or support may read it. */
export const NotificationView = z
  .strictObject({
    id: z.string(),
    event: EventType,
    channel: Channel,
    recipient: z.string(),
    state: DeliveryState,
    attempts: z.int(),
    nextAttemptAt: z.iso.datetime().optional(),
    /** While it waits because nobody may call its channel's provider or the vendor. */
    heldSince: z.iso.datetime().optional(),
    note: z.string().optional(),
  })
  .meta({ id: "NotificationView" });
export type NotificationView = z.infer<typeof NotificationView>;

/** A business rule stands in the way, or an operator has to decide about work that was given up. */
export const Attention = z
  .strictObject({
    reason: z.enum([...AttentionReason.options, "preparation-stopped", "notice-not-delivered"]),
    since: z.iso.datetime(),
    /** Which question the customer was asked, when it is cancelled unless answered, and what is missing. */
    question: z.int().min(1).optional(),
    until: z.iso.datetime().optional(),
    skus: z.array(z.string()).optional(),
  })
  .meta({ id: "Attention" });
export type Attention = z.infer<typeof Attention>;

export const OrderView = OrderSummary.extend({
  lines: z.array(OrderLine),
  droppedLines: z.array(OrderLine).optional().meta({ description: "Lines that the customer went without" }),
  attention: Attention.optional(),
  handedOver: z
    .record(z.string(), z.iso.datetime())
    .optional()
    .meta({ description: "When each vendor handed its lines over" }),
  possibleDuplicateOf: z
    .string()
    .optional()
    .meta({ description: "An earlier order of the same customer over the same goods; only a hint" }),
  timeline: z.array(TimelineEntry),
  notifications: z.array(NotificationView),
}).meta({ id: "OrderView" });
export type OrderView = z.infer<typeof OrderView>;

export const OrderPage = z
  .strictObject({
    orders: z.array(OrderSummary),
    /** Pass as `after` for the next page; absent on the last one. */
    next: z.string().optional(),
  })
  .meta({ id: "OrderPage" });
export type OrderPage = z.infer<typeof OrderPage>;

export const ListQuery = z.strictObject({
  status: OrderStatus.optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListQuery = z.infer<typeof ListQuery>;

/** Not strict: storefronts may send reasons of their own. The body may also be left out. */
export const CancellationRequest = z
  .object({
    reason: z
      .string()
      .trim()
      .max(200)
      .refine((text) => text.isWellFormed(), "must be well-formed Unicode")
      .optional(),
  })
  .meta({ id: "CancellationRequest" });
export type CancellationRequest = z.infer<typeof CancellationRequest>;

/** How a customer answers: as JSON, or as a form with the same names. */
export const AnswerRequest = z
  .discriminatedUnion("choice", [
    z.strictObject({ choice: z.literal("new-card"), token: CardToken }),
    z.strictObject({ choice: AnswerChoice.exclude(["new-card"]) }),
  ])
  .meta({ id: "AnswerRequest" });
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/** A question as its customer may read it. Nothing of the order once it is settled. */
export const QuestionView = z
  .strictObject({
    state: z.enum(["open", "answered", "cancelled", "expired"]),
    brand: z.string(),
    reference: z.string(),
    order: z
      .strictObject({
        reason: AttentionReason,
        until: z.iso.datetime(),
        choices: z.array(AnswerChoice),
        lines: z.array(OrderLine.extend({ inStock: z.boolean() })),
        currency: z.string(),
        totalMinor: z.int(),
        partialTotalMinor: z.int().optional().meta({ description: "Without the goods that are missing" }),
        cardPage: z.url().optional().meta({ description: "Where the storefront takes a new card" }),
      })
      .optional(),
  })
  .meta({ id: "QuestionView" });
export type QuestionView = z.infer<typeof QuestionView>;

export const HandOverReceipt = z
  .strictObject({ id: z.string(), vendorId: z.string(), handedOverAt: z.iso.datetime() })
  .meta({ id: "HandOverReceipt" });
export type HandOverReceipt = z.infer<typeof HandOverReceipt>;

/** One partner or endpoint as operators see it. */
export const CircuitView = z
  .strictObject({
    key: z.string(),
    state: z.enum(["closed", "open"]),
    since: z.iso.datetime(),
    /** Deliveries that wait for it. */
    held: z.int(),
    nextProbeAt: z.iso.datetime().optional(),
    /** Nobody calls before: the partner asked for it. */
    blockedUntil: z.iso.datetime().optional(),
    releasePerSecond: z.number().optional(),
    lastFailure: z.string().optional(),
  })
  .meta({ id: "CircuitView" });
export type CircuitView = z.infer<typeof CircuitView>;

export const CircuitList = z.strictObject({ circuits: z.array(CircuitView) }).meta({ id: "CircuitList" });

export const Health = z
  .strictObject({
    status: z.enum(["ok", "unavailable"]),
    checks: z.record(z.string(), z.enum(["ok", "unavailable"])),
  })
  .meta({ id: "Health" });
export type Health = z.infer<typeof Health>;
