import type { Order, OrderRef } from "#shared/contracts/order.ts";
import { demandOf, namesOf, type Occasion, recordReturn, roundOf } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Payments, PaymentState } from "#shared/ports/payments.ts";
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
    const returned = recordReturn(order, await giveBack(deps, order, roundOf(order)), occasion);
    if (!returned.ok) return;
    const saved = await deps.orders.transition(order, returned.order);
    if (saved.ok) return deps.outbox.publishSoon(saved.order);
    // The order moved meanwhile: look again and decide anew.
  }
}

/**
 * Releases the goods and returns the money of all rounds up to this one, as far as there is any. Answers what became of
 * the money. Nothing can be held under these names afterwards.
 */
export async function giveBack(
  deps: Pick<ReturnOrderDeps, "stock" | "payments">,
  order: Order,
  lastRound: number,
): Promise<"not-taken" | "refunded"> {
  let money: "not-taken" | "refunded" = "not-taken";
  for (let round = 1; round <= lastRound; round++) {
    if ((await giveBackRound(deps, order, round)) === "refunded") money = "refunded";
  }
  return money;
}

async function giveBackRound(
  { stock, payments }: Pick<ReturnOrderDeps, "stock" | "payments">,
  order: Order,
  round: number,
): Promise<PaymentState | undefined> {
  const { id: orderId } = order;
  const { paymentKey: key, reservationId } = namesOf(orderId, round);
  // An earlier round may have held the goods that a later one went without.
  const lines = [...order.lines, ...(order.droppedLines ?? [])];
  await stock.release({ id: reservationId, orderId, demand: demandOf({ lines }) });
  let state = await payments.find(key);
  while (state === "captured" || state === "authorised") {
    state = await takeStep(payments, { key, orderId, state }, state === "captured" ? "refund" : "void");
  }
  return state;
}
