import { z } from "zod";
import { EventType } from "./order.ts";

export const Channel = z.enum(["customer-email", "vendor-webhook", "vendor-email"]).meta({ id: "Channel" });
export type Channel = z.infer<typeof Channel>;

/**
 * pending → sending → delivered; back to pending when an attempt failed; superseded when it became pointless
 * before anybody was told; parked when an operator has to decide.
 */
export const DeliveryState = z
  .enum(["pending", "sending", "delivered", "superseded", "parked"])
  .meta({ id: "DeliveryState" });
export type DeliveryState = z.infer<typeof DeliveryState>;

/** One notice to one recipient about one event of one order: the ledger of what was told to whom. */
export const Delivery = z.strictObject({
  id: z.string(),
  orderId: z.string(),
  brandId: z.string(),
  event: EventType,
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
  nextAttemptAt: z.iso.datetime().optional(),
  lastFailure: z.string().optional(),
});
export type Delivery = z.infer<typeof Delivery>;
