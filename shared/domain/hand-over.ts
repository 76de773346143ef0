import type { Order } from "#shared/contracts/order.ts";
import { advance, type Occasion, type Transition } from "./transition.ts";

export const vendorsOf = ({ lines }: Pick<Order, "lines">): string[] => [
  ...new Set(lines.map(({ vendorId }) => vendorId)),
];

/** When the vendor handed its lines over; undefined as long as it has not. Names of vendors are anything, `constructor` too. */
export const handedOverAt = (
  { handedOver = {} }: Pick<Order, "handedOver">,
  vendorId: string,
): string | undefined => (Object.hasOwn(handedOver, vendorId) ? handedOver[vendorId] : undefined);

export type HandOverRefusal = "not-theirs" | "already-handed-over" | "not-confirmed";

/**
 * A vendor gave its lines of the order to the carrier. From the first hand-over on the order can no longer be cancelled;
 * with the last one it is fulfilled.
 */
export function handOver(order: Order, vendorId: string, occasion: Occasion): Transition<HandOverRefusal> {
  if (!vendorsOf(order).includes(vendorId)) return { ok: false, reason: "not-theirs" };
  if (handedOverAt(order, vendorId) !== undefined) return { ok: false, reason: "already-handed-over" };
  if (order.status !== "confirmed") return { ok: false, reason: "not-confirmed" };
  const handedOver = { ...order.handedOver, [vendorId]: occasion.at };
  const one = { event: "order.handed-over.v1", detail: vendorId } as const;
  if (vendorsOf(order).some((id) => handedOverAt({ handedOver }, id) === undefined)) {
    return { ok: true, order: advance(order, { handedOver }, { ...one, topics: [] }, occasion) };
  }
  const all = {
    event: "order.fulfilled.v1",
    topics: ["inventory", "notifications"],
    after: one,
  } as const;
  return { ok: true, order: advance(order, { status: "fulfilled", handedOver }, all, occasion) };
}

/** The goods that were held for a fulfilled order have left the stock for good. */
export function recordSale(
  order: Order,
  occasion: Occasion,
): Transition<"not-fulfilled" | "already-recorded"> {
  if (order.status !== "fulfilled") return { ok: false, reason: "not-fulfilled" };
  if (order.stock.state === "sold") return { ok: false, reason: "already-recorded" };
  const stock = { ...order.stock, state: "sold" } as const;
  return { ok: true, order: { ...order, stock, version: order.version + 1, updatedAt: occasion.at } };
}
