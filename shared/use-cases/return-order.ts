import type { Order, OrderRef } from "#shared/contracts/order.ts";
import { demandOf, type Occasion, recordReturn } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Payments } from "#shared/ports/payments.ts";
import type { Reservation, Stock } from "#shared/ports/stock.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface ReturnOrderDeps {
  readonly orders: OrderStore;
  readonly stock: Stock;
  readonly payments: Payments;
  readonly outbox: OutboxPublisher;
}

export const reservationOf = (order: Order): Reservation => ({
  id: order.stock.reservationId,
  orderId: order.id,
  demand: demandOf(order),
});

/** Session consistency may show a brand-new order late; it is never gone. */
export const notVisibleYet = (ref: OrderRef): TransientFault =>
  new TransientFault(`Order ${ref.orderId} is not visible yet`);

/**
 * Gives back what a cancelled order held: goods and money. The provider is asked what it took, because our own record
 * may lag behind a charge that was under way when the order was cancelled. May run any number of times.
 */
export async function returnOrder(deps: ReturnOrderDeps, ref: OrderRef, occasion: Occasion): Promise<void> {
  for (;;) {
    const order = await deps.orders.get(ref);
    if (order === undefined) throw notVisibleYet(ref);
    if (order.status !== "cancelled" && order.status !== "refunded") return;
    await deps.stock.release(reservationOf(order));
    const returned = recordReturn(
      order,
      await giveBackMoney(deps.payments, order.payment.key, order.id),
      occasion,
    );
    if (!returned.ok) return;
    const saved = await deps.orders.transition(order, returned.order);
    if (saved.ok) return deps.outbox.publishSoon(saved.order);
    // The order moved meanwhile: look again and decide anew.
  }
}

async function giveBackMoney(
  payments: Payments,
  key: string,
  orderId: string,
): Promise<"not-taken" | "refunded"> {
  const state = await payments.find(key);
  if (state === "captured") await payments.refund(key, orderId);
  if (state === "authorised") await payments.void(key, orderId);
  return state === "captured" || state === "refunded" ? "refunded" : "not-taken";
}
