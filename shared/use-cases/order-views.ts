import { type Delivery, ENDPOINT_DISABLED } from "#shared/contracts/delivery.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import { stoppedOf } from "#shared/domain/stopped.ts";
import type {
  Attention,
  NotificationView,
  OrderReceipt,
  OrderSummary,
  OrderView,
} from "#shared/contracts/resources.ts";

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

/** When each circuit that holds deliveries is tried next, in milliseconds since the Unix epoch. */
export type NextTries = ReadonlyMap<string, number>;

export function viewOf(order: Order, deliveries: readonly Delivery[], nextTries: NextTries): OrderView {
  const attention = attentionOf(order, deliveries);
  return {
    ...summaryOf(order),
    lines: order.lines,
    ...(order.droppedLines === undefined ? {} : { droppedLines: order.droppedLines }),
    ...(attention === undefined ? {} : { attention }),
    ...(order.handedOver === undefined ? {} : { handedOver: order.handedOver }),
    ...(order.possibleDuplicateOf === undefined ? {} : { possibleDuplicateOf: order.possibleDuplicateOf }),
    timeline: order.timeline,
    notifications: deliveries
      .filter(isOfOrder)
      .toSorted((a, b) =>
        a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1,
      )
      .map((delivery) => notificationOf(delivery, nextTries)),
  };
}

/** The order's own trouble first; a notice that was given up is nobody's fault but must not go unseen. */
function attentionOf(order: Order, deliveries: readonly Delivery[]): Attention | undefined {
  if (order.attention !== undefined) return order.attention;
  const stopped = stoppedOf(order);
  if (stopped !== undefined) return { reason: "preparation-stopped", since: stopped.since };
  const parked = deliveries.filter(({ state }) => state === "parked").map(({ updatedAt }) => updatedAt);
  const [since] = parked.toSorted();
  return since === undefined ? undefined : { reason: "notice-not-delivered", since };
}

/** What a vendor is told about itself is under no order; the type does not know. */
const isOfOrder = (delivery: Delivery): delivery is OrderNotice => delivery.event !== ENDPOINT_DISABLED;
type OrderNotice = Delivery & { readonly event: EventType };

function notificationOf(delivery: OrderNotice, nextTries: NextTries): NotificationView {
  const { id, event, channel, recipient, state, attempts, heldSince } = delivery;
  const nextAttemptAt = nextAttemptOf(delivery, nextTries);
  const note = noteOn(delivery);
  return {
    id,
    event,
    channel,
    recipient,
    state,
    attempts,
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
    ...(heldSince === undefined || state !== "held" ? {} : { heldSince }),
    ...(note === undefined ? {} : { note }),
  };
}

function nextAttemptOf(
  { state, nextAttemptAt, heldBy = "" }: Delivery,
  nextTries: NextTries,
): string | undefined {
  if (state === "pending") return nextAttemptAt;
  if (state !== "held") return undefined;
  const triedAtMs = nextTries.get(heldBy);
  return nextAttemptAt ?? (triedAtMs === undefined ? undefined : new Date(triedAtMs).toISOString());
}

/** Says in plain words what a shopper wonders about; the technical cause is for operators. */
function noteOn(delivery: Delivery): string | undefined {
  // A later attempt that is under way does not make the notice any less late.
  if (delivery.state === "held") {
    return "Delayed; it goes out by itself as soon as it can be delivered, and there is nothing for you to do.";
  }
  const failedAttempts = delivery.state === "sending" ? delivery.attempts - 1 : delivery.attempts;
  if ((delivery.state === "pending" || delivery.state === "sending") && failedAttempts > 0) {
    return "Delayed; it is tried again by itself and there is nothing for you to do.";
  }
  if (delivery.state === "parked") return "Could not be delivered; our staff have been told.";
  if (delivery.state === "superseded") {
    const how = delivery.maybeDelivered ? "Not tried again" : "Not sent";
    return delivery.event.startsWith("order.attention-")
      ? `${how}: the question was settled before.`
      : `${how}: the order was cancelled before.`;
  }
  return undefined;
}
