import type { Delivery } from "#shared/contracts/delivery.ts";
import { carriedProperties, copyId } from "#shared/contracts/message-properties.ts";
import { deliveryDue } from "#shared/contracts/messages.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";

/** The message for a delivery that has none on its way. Its id is the same for the same delivery and hop. */
export function dueMessage(delivery: Delivery, hop: number, notBeforeMs?: number): OutgoingMessage {
  const { id, brandId, orderId, createdAt, firstEnqueuedAt = createdAt, traceparent } = delivery;
  const subject = "delivery.due.v1";
  return {
    messageId: hop === 1 ? id : copyId(id, hop),
    subject,
    correlationId: orderId,
    body: deliveryDue({ brandId, orderId }, id, createdAt, traceparent),
    properties: carriedProperties({
      hop,
      attempt: 1,
      originalId: id,
      firstEnqueuedAtMs: Date.parse(firstEnqueuedAt),
      subject,
      traceparent,
    }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  };
}
