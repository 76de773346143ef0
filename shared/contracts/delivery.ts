import { z } from "zod";
import { eventTypes } from "./order.ts";

export const Channel = z.enum(["customer-email", "vendor-webhook", "vendor-email"]).meta({ id: "Channel" });
export type Channel = z.infer<typeof Channel>;

/**
 * pending → sending → delivered; back to pending when an attempt failed; held while nobody may be called, without a
 * message of its own, until the release sends one; superseded when it became pointless before anybody was known to be
 * told; parked when an operator has to decide.
 */
export const DeliveryState = z
  .enum(["pending", "held", "sending", "delivered", "superseded", "parked"])
  .meta({ id: "DeliveryState" });
export type DeliveryState = z.infer<typeof DeliveryState>;

/** Told to a vendor about itself: its webhook wants no more notices. There is no order to it. */
export const ENDPOINT_DISABLED = "vendor.endpoint-disabled.v1";

/** One notice to one recipient about one event of one order: the ledger of what was told to whom. */
export const Delivery = z.strictObject({
  id: z.string(),
  /** Or, for what concerns no order, what it is about: a vendor and a moment. */
  orderId: z.string(),
  brandId: z.string(),
  event: z.enum([...eventTypes, ENDPOINT_DISABLED]),
  /** Which question of the order the event is about; an order may have several, each with mails of its own. */
  question: z.int().min(1).optional(),
  channel: Channel,
  /** A vendor id, or "customer". */
  recipient: z.string(),
  state: DeliveryState,
  /** Attempts begun. */
  attempts: z.int().min(0),
  /** Which copy of the message made the latest attempt; tells a redelivery from a retry. */
  hop: z.int().min(0),
  /** An attempt ended without an answer: the recipient may have been told already. */
  maybeDelivered: z.boolean(),
  /** Not before this delivery is settled may this one go out. */
  after: z.string().optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** While held: since the release has a message on its way for it. */
  nextAttemptAt: z.iso.datetime().optional(),
  /** The circuit it waits for, or `order` for its predecessor; these two are only there while it is held. */
  heldBy: z.string().optional(),
  heldSince: z.iso.datetime().optional(),
  /** What the message that was held carried, for the one that releases it. */
  firstEnqueuedAt: z.iso.datetime().optional(),
  traceparent: z.string().optional(),
  /** Attempts that ended without an answer: each may have told the recipient. */
  unknownOutcomes: z.int().min(0).optional(),
  lastFailure: z.string().optional(),
});
export type Delivery = z.infer<typeof Delivery>;
