import type { Channel, Delivery } from "#shared/contracts/delivery.ts";
import type { OrderRef } from "#shared/contracts/order.ts";
import { deliveryIdFor } from "#shared/domain/ids.ts";

/** A delivery nobody has attempted yet. Its id says what it is, so making it twice makes it once. */
export function newDelivery(
  ref: OrderRef,
  notice: {
    readonly event: Delivery["event"];
    readonly channel: Channel;
    readonly recipient: string;
    readonly question?: number;
  },
  at: string,
  traceparent?: string,
): Delivery {
  const { event, question, recipient } = notice;
  return {
    id: deliveryIdFor(ref.orderId, event, recipient, question),
    orderId: ref.orderId,
    brandId: ref.brandId,
    ...notice,
    state: "pending",
    attempts: 0,
    hop: 0,
    maybeDelivered: false,
    ...(traceparent === undefined ? {} : { traceparent }),
    createdAt: at,
    updatedAt: at,
  };
}
