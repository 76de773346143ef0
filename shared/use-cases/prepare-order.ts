import type { Order, OrderRef } from "#shared/contracts/order.ts";
import { confirmOrder, roundOf } from "#shared/domain/order.ts";
import { type AnswerTimes, askCustomer } from "#shared/domain/question.ts";
import type { Occasion } from "#shared/domain/transition.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Payments, PaymentState } from "#shared/ports/payments.ts";
import type { Stock } from "#shared/ports/stock.ts";
import { takeStep } from "./payment-step.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";
import { giveBack, notVisibleYet, reservationOf, returnOrder } from "./return-order.ts";

export interface PrepareOrderDeps {
  readonly orders: OrderStore;
  readonly stock: Stock;
  readonly payments: Payments;
  readonly outbox: OutboxPublisher;
  readonly answerTimes: AnswerTimes;
}

export interface Attempt {
  readonly occasion: Occasion;
  /** This work may have been begun before: an earlier attempt, or a delivery that ended in a crash. */
  readonly repeated: boolean;
}

/**
 * Holds the goods, then takes the money, then confirms. May run twice, in parallel with itself and after a
 * cancellation: reservation and payment are idempotent by their keys, and the version guards the last step. Whoever
 * finds after taking money that the order was cancelled, or that the customer was asked or has answered meanwhile, gives
 * everything back: what an earlier round held or took is never kept.
 */
export async function prepareOrder(deps: PrepareOrderDeps, ref: OrderRef, attempt: Attempt): Promise<void> {
  for (;;) {
    const order = await deps.orders.get(ref);
    if (order === undefined) throw notVisibleYet(ref);
    if (order.status === "cancelled" || order.status === "refunded")
      return await returnOrder(deps, ref, attempt.occasion);
    const round = roundOf(order);
    // Another run found the goods short, and this one may have held and charged them after a restock.
    const isAsked = order.status === "needs-attention";
    await giveBack(deps, order, isAsked ? round : round - 1);
    if (order.status !== "accepted") return;
    const [next, earlier] = await Promise.all([
      holdAndCharge(deps, order, attempt),
      possibleDuplicate(deps.orders, order),
    ]);
    const saved = await deps.orders.transition(order, { ...next, ...earlier });
    if (saved.ok) return deps.outbox.publishSoon(saved.order);
    // The order moved meanwhile (a cancellation, or this handler in parallel): look again and decide anew.
  }
}

async function holdAndCharge(deps: PrepareOrderDeps, order: Order, attempt: Attempt): Promise<Order> {
  const reservation = reservationOf(order);
  const held = await deps.stock.reserve(reservation);
  if (!held.ok && held.reason === "short") {
    return valid(
      askCustomer(order, { reason: "out-of-stock", skus: held.skus }, attempt.occasion, deps.answerTimes),
    );
  }
  const payment = held.ok
    ? await charge(deps.payments, order, attempt.repeated)
    : await deps.payments.find(order.payment.key);
  if (payment === "declined") {
    await deps.stock.release(reservation);
    return valid(askCustomer(order, { reason: "payment-declined" }, attempt.occasion, deps.answerTimes));
  }
  if (!held.ok || payment !== "captured") {
    // Goods or money went back already, so the order is being cancelled; the next look will show it.
    throw new TransientFault(`Order ${order.id} is being taken back (payment ${payment ?? "unknown"})`);
  }
  return valid(confirmOrder(order, attempt.occasion));
}

/** Orders of one customer over the same goods within this time may be one order, placed twice because of an error. */
const DUPLICATE_WITHIN_MS = 10 * 60_000;

/** Only a hint: when it cannot be found, the order goes on without. */
async function possibleDuplicate(
  orders: OrderReader,
  order: Order,
): Promise<Pick<Order, "possibleDuplicateOf">> {
  if (order.basket === undefined || order.version > 1) return {};
  const since = new Date(Date.parse(order.createdAt) - DUPLICATE_WITHIN_MS).toISOString();
  const earlier = await orders.earlierLike(order, since).catch((error: unknown) => {
    if (error instanceof TransientFault) return undefined;
    throw error;
  });
  return earlier === undefined ? {} : { possibleDuplicateOf: earlier };
}

async function charge(payments: Payments, order: Order, repeated: boolean): Promise<PaymentState> {
  const { key, token } = order.payment;
  const known = repeated ? await payments.find(key) : undefined;
  const amount = { amountMinor: order.totalMinor, currency: order.currency };
  const state = known ?? (await payments.authorise({ key, orderId: order.id, amount, token }));
  if (state !== "authorised") return state;
  return await takeStep(payments, { key, orderId: order.id, state }, "capture");
}

/** The status was checked on this very document; a refusal now is a bug. */
function valid(transition: ReturnType<typeof confirmOrder>): Order {
  if (!transition.ok) throw new Error(`Transition refused: ${transition.reason}`);
  return transition.order;
}
