import type { Order } from "#shared/contracts/order.ts";
import { demandOf } from "../order.ts";
import type { Hold, OrderRecords } from "./records.ts";
import { givingBack, stands } from "./rounds.ts";
import { about, type Suspicion } from "./suspicion.ts";

/** Goods are held for an order from its confirmation until they are sold, in exactly its quantities; otherwise never. */
export function examineGoods({ order, holds }: OrderRecords): Suspicion[] {
  if (holds === undefined || order.status === "accepted") return [];
  if (!stands(order) || order.stock.state === "sold") return holds.map((hold) => unreturned(order, hold));
  const { reservationId } = order.stock;
  const own = new Map(
    holds.filter((hold) => hold.reservationId === reservationId).map((hold) => [hold.sku, hold]),
  );
  const foreign = holds.filter((hold) => hold.reservationId !== reservationId);
  const wrong = [...demandOf(order)].flatMap(([sku, quantity]) => {
    const held = own.get(sku)?.quantity;
    if (held === quantity) return [];
    const subject = nameOfHold(reservationId, sku);
    const kind = held === undefined ? ("hold-missing" as const) : ("hold-altered" as const);
    return [
      { ...about(order), sku, subject, kind, detail: `${held ?? "none"} instead of ${quantity} are held` },
    ];
  });
  return [...wrong, ...foreign.map((hold) => unreturned(order, hold))];
}

const nameOfHold = (reservationId: string, sku: string): string => `${reservationId}.${sku}`;

function unreturned(order: Order, { reservationId, sku, quantity }: Hold): Suspicion {
  const detail = `${quantity} are held for an order that is ${order.status}, stock ${order.stock.state}`;
  const repair = givingBack(order, reservationId);
  const subject = nameOfHold(reservationId, sku);
  return { ...about(order), sku, subject, kind: "hold-unreturned", detail, ...(repair && { repair }) };
}
