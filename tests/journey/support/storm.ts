import { setTimeout as pause } from "node:timers/promises";
import type { Place } from "./place.ts";
import { brandNames, cancelWhatever, type PlacedOrder, placeWhatever, requestFor } from "./storefront.ts";

/** Numbers in [0, 1) that a seed repeats: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Storm {
  /** Orders that got a 202, and are wanted. */
  readonly placed: readonly PlacedOrder[];
  /** Orders that got a 202, and then another one for their cancellation. */
  readonly cancelled: readonly PlacedOrder[];
  /** Lets every order and every cancellation under way be accepted. */
  end(): Promise<void>;
  /** Gives up what is not accepted yet. */
  abandon(): Promise<void>;
}

const CLIENTS = 4;
const BETWEEN_ORDERS_MS = 150;
/** Every so manieth order is cancelled soon after it was placed. */
const CANCELLED_ONE_IN = 6;

/**
 * Several storefronts that order all the time, whatever happens to the cloud: each repeats an order under the same key
 * until it gets its 202, then places the next one.
 */
export function startStorm(place: Place, name: string): Storm {
  const placed: PlacedOrder[] = [];
  const cancelled: PlacedOrder[] = [];
  const over = new AbortController();
  const givenUp = new AbortController();
  let number = 0;
  const shop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const next = number++;
      const brand = brandNames[next % brandNames.length] ?? "";
      const request = requestFor(place, brand, next);
      const order = await placeWhatever(place, brand, `${name}-${next}`, request, givenUp.signal);
      if (next % CANCELLED_ONE_IN === 0) {
        await pause(Math.random() * BETWEEN_ORDERS_MS);
        await cancelWhatever(place, order, givenUp.signal);
        cancelled.push(order);
      } else {
        placed.push(order);
        await pause(BETWEEN_ORDERS_MS);
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, shop);
  return {
    placed,
    cancelled,
    async abandon() {
      over.abort();
      givenUp.abort();
      await Promise.allSettled(clients);
    },
    async end() {
      over.abort();
      await Promise.all(clients);
    },
  };
}
