import type { OrderRef } from "#shared/contracts/order.ts";
import type { OrderReceipt } from "#shared/contracts/resources.ts";
import { isOrderId } from "#shared/domain/ids.ts";
import * as domain from "#shared/domain/order.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import { receiptOf } from "./order-views.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface CancelOrderDeps {
  readonly orders: OrderStore;
  readonly outbox: OutboxPublisher;
}

export type CancelOrderResult =
  | { readonly ok: true; readonly receipt: OrderReceipt }
  | { readonly ok: false; readonly reason: "unknown" | "handed-over" };

/**
 * Ends an order because somebody wants it ended. Giving back stock and money and telling those who had been told
 * happens behind the queues. Repeating it answers the same.
 */
export async function cancelOrder(
  deps: CancelOrderDeps,
  ref: OrderRef,
  reason: string | undefined,
  occasion: domain.Occasion,
): Promise<CancelOrderResult> {
  if (!isOrderId(ref.orderId)) return { ok: false, reason: "unknown" };
  for (;;) {
    const order = await deps.orders.get(ref);
    if (order === undefined) return { ok: false, reason: "unknown" };
    const cancelled = domain.cancelOrder(order, reason, occasion);
    if (!cancelled.ok) {
      if (cancelled.reason === "handed-over") return { ok: false, reason: "handed-over" };
      return { ok: true, receipt: receiptOf(order) };
    }
    const saved = await deps.orders.transition(order, cancelled.order);
    if (saved.ok) {
      deps.outbox.publishSoon(saved.order);
      return { ok: true, receipt: receiptOf(saved.order) };
    }
    // Somebody else moved the order meanwhile: look again and decide anew.
  }
}
