import { randomUUID } from "node:crypto";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { newDelivery } from "#shared/use-cases/notify/new-delivery.ts";
import { WEBHOOK_VENDOR } from "./directory.ts";
import { NOON } from "./orders.ts";

/** A delivery nobody has attempted yet, of an order of its own. */
export const aDelivery = (changes: Partial<Delivery> = {}): Delivery => ({
  ...newDelivery(
    { brandId: "pancake-palace", orderId: changes.orderId ?? `ord_${randomUUID()}` },
    {
      event: changes.event ?? "order.confirmed.v1",
      channel: changes.channel ?? "vendor-webhook",
      recipient: changes.recipient ?? WEBHOOK_VENDOR,
    },
    NOON,
  ),
  ...changes,
});
