import type { OrderRef } from "#shared/contracts/order.ts";
import { recordSale } from "#shared/domain/hand-over.ts";
import type { Occasion } from "#shared/domain/transition.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Stock } from "#shared/ports/stock.ts";
import { notVisibleYet, reservationOf } from "./return-order.ts";

export interface SellOrderDeps {
  readonly orders: OrderStore;
  readonly stock: Stock;
}

/** Takes what was held for a fulfilled order out of the stock for good. May run any number of times. */
export async function sellOrder(deps: SellOrderDeps, ref: OrderRef, occasion: Occasion): Promise<void> {
  for (;;) {
    const order = await deps.orders.get(ref);
    if (order === undefined) throw notVisibleYet(ref);
    const sold = recordSale(order, occasion);
    if (!sold.ok) return;
    await deps.stock.sell(reservationOf(order));
    const saved = await deps.orders.transition(order, sold.order);
    if (saved.ok) return;
    // The order moved meanwhile: look again and decide anew.
  }
}
