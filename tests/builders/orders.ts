import { randomUUID } from "node:crypto";
import type { Order } from "#shared/contracts/order.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { type Occasion, placeOrder, type Transition } from "#shared/domain/order.ts";

export const NOON = "2026-01-01T12:00:00.000Z";

/** Later than noon by that many milliseconds. */
export const noonPlus = (ms: number): string => new Date(Date.parse(NOON) + ms).toISOString();

export const anOccasion = (changes: Partial<Occasion> = {}): Occasion => ({ at: NOON, ...changes });

/** A valid order of two vendors: one is told by webhook and one by mail. */
export const anOrderRequest = (changes: Partial<OrderRequest> = {}): OrderRequest => ({
  currency: "AUD",
  locale: "en-AU",
  reference: "W-10042",
  customer: { email: "sam@example.com", name: "Sam Field" },
  shippingAddress: { line1: "1 High St", city: "Perth", postcode: "6000", country: "AU" },
  lines: [
    { sku: "PANCAKE-MIX", quantity: 2, unitPrice: 1250, vendorId: "vendor-mill" },
    { sku: "BUTTER", quantity: 1, unitPrice: 640, vendorId: "vendor-dairy" },
  ],
  payment: { token: "tok_visa" },
  ...changes,
});

/** An order as it was placed at noon, of an id of its own. */
export const anOrder = (changes: Partial<Order> = {}): Order => ({
  ...placeOrder(changes.brandId ?? "pancake-palace", randomUUID(), anOrderRequest(), anOccasion()),
  ...changes,
});

/** The order after a transition that must be allowed. */
export function moved(transition: Transition<string>): Order {
  if (!transition.ok) throw new Error(`The transition was refused: ${transition.reason}`);
  return transition.order;
}

/** The order after everything it owed was published. */
export function published(order: Order): Order {
  const { pendingSince: _, ...rest } = order;
  return { ...rest, outbox: {} };
}

export const refOf = (order: Order): { brandId: string; orderId: string } => ({
  brandId: order.brandId,
  orderId: order.id,
});
