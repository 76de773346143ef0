import { post, requestFor } from "../../journey/support/storefront.ts";
import type { Place } from "../../journey/support/place.ts";

/** A round of checkouts, as the storefronts saw it. */
export interface Round {
  readonly latenciesMs: readonly number[];
  readonly accepted: number;
}

export const BRAND = "pancake-palace";
const CUSTOMERS_AT_ONCE = 4;

let sold = 0;

/** Places so many orders, a few customers at a time. */
export async function sell(place: Place, count: number): Promise<Round> {
  const latenciesMs: number[] = [];
  let left = count;
  let accepted = 0;
  const customer = async (): Promise<void> => {
    while (left-- > 0) {
      const number = sold++;
      const request = requestFor(place, BRAND, number);
      const startedAt = performance.now();
      const response = await post(place, BRAND, `all-down-${number}`, request);
      await response.arrayBuffer();
      latenciesMs.push(performance.now() - startedAt);
      if (response.status === 202) accepted++;
    }
  };
  await Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, customer));
  return { latenciesMs, accepted };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
