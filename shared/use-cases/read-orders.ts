import type { OrderRef } from "#shared/contracts/order.ts";
import type { ListQuery, OrderPage, OrderView } from "#shared/contracts/resources.ts";
import { isOrderId } from "#shared/domain/ids.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { summaryOf, viewOf } from "./order-views.ts";

/** The order with its timeline and every notice; undefined for an unknown order and for another brand's. */
export async function readOrder(
  deps: { readonly orders: OrderReader; readonly ledger: DeliveryLedger },
  ref: OrderRef,
): Promise<OrderView | undefined> {
  if (!isOrderId(ref.orderId)) return undefined;
  const [order, deliveries] = await Promise.all([deps.orders.get(ref), deps.ledger.ofOrder(ref.orderId)]);
  return order === undefined ? undefined : viewOf(order, deliveries);
}

export type ListOrdersResult =
  | { readonly ok: true; readonly page: OrderPage }
  | { readonly ok: false; readonly reason: "bad-cursor" };

/** The brand's orders, the newest first. Orders placed while somebody pages do not shift the pages. */
export async function listOrders(
  deps: { readonly orders: OrderReader },
  brandId: string,
  query: ListQuery,
): Promise<ListOrdersResult> {
  const before = query.after === undefined ? undefined : positionIn(query.after);
  if (query.after !== undefined && before === undefined) return { ok: false, reason: "bad-cursor" };
  const orders = await deps.orders.list({ brandId, status: query.status, before, limit: query.limit + 1 });
  const shown = orders.slice(0, query.limit);
  const last = shown.at(-1);
  const next = orders.length > query.limit && last !== undefined ? { next: cursorTo(last.sort) } : {};
  return { ok: true, page: { orders: shown.map(summaryOf), ...next } };
}

const SORT_KEY = /^\d{4}-\d\d-\d\dT[\d:.]+Z_ord_[0-9a-z]+$/;

const cursorTo = (sort: string): string => Buffer.from(sort).toString("base64url");

function positionIn(cursor: string): string | undefined {
  const sort = Buffer.from(cursor, "base64url").toString();
  return SORT_KEY.test(sort) ? sort : undefined;
}
