import type { OrderRef } from "#shared/contracts/order.ts";
import type { ListQuery, OrderPage, OrderView } from "#shared/contracts/resources.ts";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { gate } from "#shared/domain/circuit.ts";
import { isOrderId } from "#shared/domain/ids.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import type { System } from "#shared/ports/system.ts";
import { type NextTries, summaryOf, viewOf } from "./order-views.ts";

export interface ReadOrderDeps {
  readonly orders: OrderReader;
  readonly ledger: DeliveryLedger;
  readonly circuits: Circuits;
  readonly system: System;
}

/** The order with its timeline and every notice; undefined for an unknown order and for another brand's. */
export async function readOrder(deps: ReadOrderDeps, ref: OrderRef): Promise<OrderView | undefined> {
  if (!isOrderId(ref.orderId)) return undefined;
  const [order, deliveries] = await Promise.all([deps.orders.get(ref), deps.ledger.ofOrder(ref.orderId)]);
  return order === undefined ? undefined : viewOf(order, deliveries, await nextTriesFor(deps, deliveries));
}

/** Only what is held needs another look; most orders are read without. */
async function nextTriesFor(deps: ReadOrderDeps, deliveries: readonly Delivery[]): Promise<NextTries> {
  const keys = new Set(deliveries.flatMap(({ state, heldBy }) => (state === "held" ? (heldBy ?? []) : [])));
  const nowMs = deps.system.now();
  const tries = await Promise.all(
    [...keys].map(async (key): Promise<[string, number][]> => {
      const next = gate(await deps.circuits.read(key), nowMs, { released: true });
      return next.kind === "hold" ? [[key, next.untilMs]] : [];
    }),
  );
  return new Map(tries.flat());
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
