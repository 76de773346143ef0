import type { Order } from "#shared/contracts/order.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import type { OrderReceipt } from "#shared/contracts/resources.ts";
import type { Brand } from "#shared/contracts/directory.ts";
import { type Occasion, placeOrder } from "#shared/domain/order.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import { receiptOf } from "./order-views.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface AcceptOrderDeps {
  readonly orders: OrderStore;
  readonly directory: Directory;
  readonly outbox: OutboxPublisher;
}

export interface AcceptOrderCommand {
  readonly brandId: string;
  readonly idempotencyKey: string;
  readonly request: OrderRequest;
  readonly occasion: Occasion;
}

export type AcceptOrderResult =
  | { readonly ok: true; readonly receipt: OrderReceipt; readonly replayed: boolean }
  | { readonly ok: false; readonly reason: "key-reused" }
  /** Positions of the lines whose vendor the brand does not sell for. */
  | { readonly ok: false; readonly reason: "unknown-vendor"; readonly lines: readonly number[] };

/**
 * Takes an order: one write that is the order, its idempotency record and its outbox at once. Publishing starts
 * afterwards and is not waited for; what it does not finish, the sweep does. The same key with the same body answers
 * the same order, however often and however parallel it is posted.
 */
export async function acceptOrder(
  deps: AcceptOrderDeps,
  command: AcceptOrderCommand,
): Promise<AcceptOrderResult> {
  const { brandId, idempotencyKey, request, occasion } = command;
  const order = placeOrder(brandId, idempotencyKey, request, occasion);
  const strangers = linesOfUnknownVendors(await deps.directory.brand(brandId), request);
  // The brand may have parted with a vendor since the first answer, which must not become a refusal.
  if (strangers.length > 0)
    return (await answeredBefore(deps, order)) ?? { ok: false, reason: "unknown-vendor", lines: strangers };

  const created = await deps.orders.create(order);
  if (created.ok) {
    deps.outbox.publishSoon(order);
    return { ok: true, receipt: receiptOf(order), replayed: false };
  }
  const answer = await answeredBefore(deps, order);
  // Another process wrote it just now, and this one's replica has not seen it yet.
  if (answer === undefined) throw new TransientFault(`Order ${order.id} exists and is not visible yet`);
  return answer;
}

/** What the same key was answered; undefined when it is new. */
async function answeredBefore(
  { orders }: AcceptOrderDeps,
  { brandId, id: orderId, fingerprint, status }: Order,
): Promise<AcceptOrderResult | undefined> {
  const earlier = await orders.get({ brandId, orderId });
  if (earlier === undefined) return undefined;
  if (earlier.fingerprint !== fingerprint) return { ok: false, reason: "key-reused" };
  // The status of the first answer: a replay must not differ from what it replays.
  return { ok: true, receipt: receiptOf({ id: orderId, status }), replayed: true };
}

function linesOfUnknownVendors(brand: Brand | undefined, request: OrderRequest): number[] {
  const known = new Set(brand?.vendorIds);
  return request.lines.flatMap((line, position) => (known.has(line.vendorId) ? [] : [position]));
}
