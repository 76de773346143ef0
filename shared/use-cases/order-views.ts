import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import type { NotificationView, OrderReceipt, OrderSummary, OrderView } from "#shared/contracts/resources.ts";

const statusUrlOf = (orderId: string): string => `/api/orders/${orderId}`;

export const receiptOf = (order: Pick<Order, "id" | "status">): OrderReceipt => ({
  id: order.id,
  status: order.status,
  statusUrl: statusUrlOf(order.id),
});

export const summaryOf = (order: Order): OrderSummary => ({
  ...receiptOf(order),
  ...(order.reference === undefined ? {} : { reference: order.reference }),
  currency: order.currency,
  totalMinor: order.totalMinor,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
});

export const viewOf = (order: Order, deliveries: readonly Delivery[]): OrderView => ({
  ...summaryOf(order),
  lines: order.lines,
  ...(order.droppedLines === undefined ? {} : { droppedLines: order.droppedLines }),
  ...(order.attention === undefined ? {} : { attention: order.attention }),
  ...(order.handedOver === undefined ? {} : { handedOver: order.handedOver }),
  ...(order.possibleDuplicateOf === undefined ? {} : { possibleDuplicateOf: order.possibleDuplicateOf }),
  timeline: order.timeline,
  notifications: deliveries
    .toSorted((a, b) =>
      a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1,
    )
    .map(notificationOf),
});

function notificationOf(delivery: Delivery): NotificationView {
  const { id, event, channel, recipient, state, attempts, nextAttemptAt } = delivery;
  const note = noteOn(delivery);
  return {
    id,
    event,
    channel,
    recipient,
    state,
    attempts,
    ...(nextAttemptAt === undefined || state !== "pending" ? {} : { nextAttemptAt }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Says in plain words what a shopper wonders about; the technical cause is for operators. */
function noteOn(delivery: Delivery): string | undefined {
  // A later attempt that is under way does not make the notice any less late.
  const failedAttempts = delivery.state === "sending" ? delivery.attempts - 1 : delivery.attempts;
  if ((delivery.state === "pending" || delivery.state === "sending") && failedAttempts > 0) {
    return "Delayed; it is tried again by itself and there is nothing for you to do.";
  }
  if (delivery.state === "parked") return "Could not be delivered; our staff have been told.";
  if (delivery.state === "superseded") {
    return delivery.event.startsWith("order.attention-")
      ? "Not sent: the question was settled before."
      : "Not sent: the order was cancelled before.";
  }
  return undefined;
}
