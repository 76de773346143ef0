import type { Order, OrderRef } from "#shared/contracts/order.ts";
import { demandOf, type Occasion, recordReturn } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Payments } from "#shared/ports/payments.ts";
import type { Reservation, Stock } from "#shared/ports/stock.ts";
import { takeStep } from "./payment-step.ts";
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
    const returned = recordReturn(order, await giveBack(deps, order), occasion);
    if (!returned.ok) return;
    const saved = await deps.orders.transition(order, returned.order);
    if (saved.ok) return deps.outbox.publishSoon(saved.order);
    // The order moved meanwhile: look again and decide anew.
  }
}

/** Releases the goods and returns the money, as far as there is any. Answers what became of the money. */
export async function giveBack(
  { stock, payments }: Pick<ReturnOrderDeps, "stock" | "payments">,
  order: Order,
): Promise<"not-taken" | "refunded"> {
  await stock.release(reservationOf(order));
  const { id: orderId, payment } = order;
  const { key } = payment;
  let state = await payments.find(key);
  while (state === "captured" || state === "authorised") {
    state = await takeStep(payments, { key, orderId, state }, state === "captured" ? "refund" : "void");
  }
  return state === "refunded" ? "refunded" : "not-taken";
}
