import type { Order } from "#shared/contracts/order.ts";
import type { HandOverReceipt } from "#shared/contracts/resources.ts";
import * as domain from "#shared/domain/hand-over.ts";
import { isOrderId } from "#shared/domain/ids.ts";
import type { Occasion } from "#shared/domain/transition.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface HandOverDeps {
  readonly orders: OrderStore;
  readonly ledger: DeliveryLedger;
  readonly outbox: OutboxPublisher;
}

export type HandOverResult =
  | { readonly ok: true; readonly receipt: HandOverReceipt }
  | { readonly ok: false; readonly reason: "unknown" | "not-confirmed" };

/**
 * Records that a vendor handed its lines over. Repeating it answers the same. A vendor reaches the orders it was told of,
 * and no other: the ledger of notices is where a vendor and an order without its brand are brought together.
 */
export async function handOverOrder(
  deps: HandOverDeps,
  vendor: { readonly vendorId: string; readonly orderId: string },
  occasion: Occasion,
): Promise<HandOverResult> {
  const { vendorId, orderId } = vendor;
  const unknown = { ok: false, reason: "unknown" } as const;
  if (!isOrderId(orderId)) return unknown;
  const notices = await deps.ledger.ofOrder(orderId);
  const notice = notices.find(({ recipient }) => recipient === vendorId);
  if (notice === undefined) return unknown;
  for (;;) {
    const order = await deps.orders.get({ brandId: notice.brandId, orderId });
    if (order === undefined) return unknown;
    const handed = domain.handOver(order, vendorId, occasion);
    if (!handed.ok) return answerTo(order, vendorId, handed.reason);
    const saved = await deps.orders.transition(order, handed.order);
    if (saved.ok) {
      deps.outbox.publishSoon(saved.order);
      return { ok: true, receipt: receiptOf(saved.order, vendorId) };
    }
    // Somebody else moved the order meanwhile (a cancellation, another vendor): look again and decide anew.
  }
}

function answerTo(order: Order, vendorId: string, reason: domain.HandOverRefusal): HandOverResult {
  if (reason === "already-handed-over") return { ok: true, receipt: receiptOf(order, vendorId) };
  return { ok: false, reason: reason === "not-theirs" ? "unknown" : reason };
}

const receiptOf = (order: Order, vendorId: string): HandOverReceipt => ({
  id: order.id,
  vendorId,
  handedOverAt: domain.handedOverAt(order, vendorId) ?? order.updatedAt,
});
