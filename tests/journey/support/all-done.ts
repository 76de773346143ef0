import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { PIECES_OF_EACH_SKU, skus } from "../../../scripts/seed/shop.ts";
import { eventually } from "./eventually.ts";
import { compare, effects, effectsOfConfirmed, NO_DIFFERENCE, vendorsOf } from "./partner-books.ts";
import type { Place } from "./place.ts";
import { ordersWithOutbox, queueCounts, stockLevels } from "./stores.ts";
import { type PlacedOrder, view } from "./storefront.ts";

/** Whatever would come twice would come within this. */
const AFTERMATH_MS = 1_000;

/** "We have it" and "confirmed". */
const CUSTOMER_MAILS = 2;

export interface AllDoneOptions {
  readonly withinMs?: number;
  /** What the world must have seen; unless given, that every order went through. */
  readonly effects?: readonly string[];
}

/**
 * The promise behind a 202, checked from outside: the partners' ledgers show every effect of these orders once and
 * nothing else, every order stands and all its notices are delivered, nothing waits, nothing is parked.
 * These must be all the orders the cloud has ever had.
 */
export async function expectAllDone(
  place: Place,
  orders: readonly PlacedOrder[],
  options: AllDoneOptions = {},
): Promise<void> {
  const expected = options.effects ?? orders.flatMap(effectsOfConfirmed);
  await eventually(async () => {
    expect(compare(await effects(place), expected).missing).toEqual([]);
    expect(await ordersWithOutbox(place)).toEqual([]);
    expect((await queueCounts(place)).filter(({ waiting }) => waiting > 0)).toEqual([]);
  }, options.withinMs);
  await pause(AFTERMATH_MS);
  expect(compare(await effects(place), expected)).toEqual(NO_DIFFERENCE);
  expect((await queueCounts(place)).filter(({ deadLetters }) => deadLetters > 0)).toEqual([]);
}

/** Every one of these orders is confirmed, and everybody has been told. */
export async function expectConfirmed(place: Place, orders: readonly PlacedOrder[]): Promise<void> {
  for (const order of orders) {
    const { status, notifications } = await view(place, order);
    const told = notifications.filter(({ state }) => state === "delivered").length;
    const seen = { id: order.id, status, told, of: notifications.length };
    const all = CUSTOMER_MAILS + vendorsOf(order).length;
    expect(seen).toEqual({ id: order.id, status: "confirmed", told: all, of: all });
  }
}

/** The shelves hold what was there at first, less what these orders took. */
export async function expectStockFor(place: Place, orders: readonly PlacedOrder[]): Promise<void> {
  const taken = new Map<string, number>(skus.map((sku) => [sku, 0]));
  for (const { sku, quantity } of orders.flatMap(({ request }) => request.lines)) {
    taken.set(sku, (taken.get(sku) ?? 0) + quantity);
  }
  const expected = [...taken].map(([sku, reserved]) => [
    sku,
    { sku, available: PIECES_OF_EACH_SKU - reserved, reserved },
  ]);
  expect(await stockLevels(place)).toEqual(Object.fromEntries(expected));
}
