import type { OrderRef } from "#shared/contracts/order.ts";
import { markStopped, stoppedOf } from "#shared/domain/stopped.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";

/**
 * Marks an order whose preparation (or return) was parked, so that support sees it on the order itself. The mark is gone
 * as soon as the work goes on, whoever replays it. May run twice.
 */
export async function noteStopped(
  { orders }: { readonly orders: OrderStore },
  ref: OrderRef,
  reason: string,
  at: string,
): Promise<void> {
  for (;;) {
    const order = await orders.get(ref);
    if (order === undefined || stoppedOf(order) !== undefined) return;
    const saved = await orders.transition(order, markStopped(order, reason, at));
    if (saved.ok) return;
    // The order moved meanwhile: look again.
  }
}
