import { setTimeout as pause } from "node:timers/promises";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { OrderReceipt, OrderView } from "#shared/contracts/resources.ts";
import type { Place } from "./place.ts";

export interface PlacedOrder {
  readonly id: string;
  readonly brand: string;
  readonly request: OrderRequest;
}

export const brandNames = ["pancake-palace", "sock-drawer"] as const;

/** The brand's sample, with a third vendor in every third order, so that orders differ. */
export function requestFor(place: Place, brand: string, number = 1): OrderRequest {
  const sample = place.samples[brand];
  if (sample === undefined) throw new Error(`There is no sample order of ${brand}`);
  const socks = { sku: "SILK-SOCKS", quantity: 1, unitPrice: 2100, vendorId: "vendor-knit" };
  const reference = `J-${number}`;
  return number % 3 === 0
    ? { ...sample, reference, lines: [...sample.lines, socks] }
    : { ...sample, reference };
}

export const authorised = (place: Place, brand: string): Record<string, string> => ({
  authorization: `Bearer ${place.keys.storefront[brand] ?? ""}`,
});

export async function post(
  place: Place,
  brand: string,
  key: string,
  body: unknown,
  timeoutMs = 10_000,
): Promise<Response> {
  return await fetch(`${place.functions}/api/orders`, {
    method: "POST",
    headers: { ...authorised(place, brand), "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** Places an order that must be accepted at the first try. */
export async function place202(place: Place, brand: string, key: string, number = 1): Promise<PlacedOrder> {
  const request = requestFor(place, brand, number);
  const response = await post(place, brand, key, request);
  if (response.status !== 202) throw new Error(`${key} got ${response.status}: ${await response.text()}`);
  return { id: OrderReceipt.parse(await response.json()).id, brand, request };
}

/**
 * As a storefront in a storm: the same order under the same key until somebody takes it. Throws when it is refused, and
 * when it is given up.
 */
export async function placeWhatever(
  place: Place,
  brand: string,
  key: string,
  request: OrderRequest,
  givenUp?: AbortSignal,
): Promise<PlacedOrder> {
  for (;;) {
    const response = await post(place, brand, key, request).catch(() => undefined);
    if (response?.status === 202) return { id: OrderReceipt.parse(await response.json()).id, brand, request };
    if (response !== undefined && response.status < 500)
      throw new Error(`${key} got ${response.status}: ${await response.text()}`);
    await response?.body?.cancel();
    givenUp?.throwIfAborted();
    await pause(100 + Math.random() * 100);
  }
}

/** Cancels until somebody takes it. */
export async function cancelWhatever(
  place: Place,
  order: Pick<PlacedOrder, "id" | "brand">,
  givenUp?: AbortSignal,
): Promise<void> {
  for (;;) {
    const response = await cancel(place, order).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 202) return;
    if (response !== undefined && response.status < 500)
      throw new Error(`The cancellation of ${order.id} got ${response.status}`);
    givenUp?.throwIfAborted();
    await pause(100 + Math.random() * 100);
  }
}

export async function view(place: Place, order: Pick<PlacedOrder, "id" | "brand">): Promise<OrderView> {
  const response = await fetch(`${place.functions}/api/orders/${order.id}`, {
    headers: authorised(place, order.brand),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 200) throw new Error(`${order.id} got ${response.status}`);
  return OrderView.parse(await response.json());
}

export async function cancel(
  place: Place,
  order: Pick<PlacedOrder, "id" | "brand">,
  reason?: string,
): Promise<Response> {
  return await fetch(`${place.functions}/api/orders/${order.id}/cancellation`, {
    method: "POST",
    headers: { ...authorised(place, order.brand), "content-type": "application/json" },
    ...(reason === undefined ? {} : { body: JSON.stringify({ reason }) }),
    signal: AbortSignal.timeout(10_000),
  });
}
