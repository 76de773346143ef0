import type { Order } from "#shared/contracts/order.ts";
import { namesOf, roundOf } from "../order.ts";
import type { Repair } from "./suspicion.ts";

/** What belongs to which round of an order, by the names that it has at the partners. */
export interface Rounds {
  readonly now: ReturnType<typeof namesOf>;
  /** Names that are, or were, this order's. */
  readonly own: ReadonlySet<string>;
}

export function roundsOf(order: Order): Rounds {
  const round = roundOf(order);
  const names = Array.from({ length: round }, (_, index) => namesOf(order.id, index + 1));
  const own = new Set(names.flatMap(({ paymentKey, reservationId }) => [paymentKey, reservationId]));
  return { now: namesOf(order.id, round), own };
}

/** The order counts on goods and money. */
export const stands = ({ status }: Order): boolean => status === "confirmed" || status === "fulfilled";

/**
 * The stock consumer gives back what an order no longer needs: of one that stands, whatever belongs to an earlier
 * round; of one that is cancelled or asks its customer, everything. It knows no names but the order's own.
 */
export function givingBack(order: Order, name: string): Repair | undefined {
  const { now, own } = roundsOf(order);
  if (!own.has(name)) return undefined;
  if (order.status === "cancelled" || order.status === "refunded")
    return { kind: "handle-again", queue: "stock", event: "order.cancelled.v1" };
  const isInUse = stands(order) && (name === now.paymentKey || name === now.reservationId);
  return isInUse ? undefined : { kind: "handle-again", queue: "stock", event: "order.placed.v1" };
}
