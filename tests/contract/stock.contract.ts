import { randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reservation, Stock } from "#shared/ports/stock.ts";

export interface StockWorld {
  readonly stock: Stock;
  setAvailable(sku: string, pieces: number): Promise<void>;
  /** Pieces that are free. */
  available(sku: string): Promise<number>;
  /** All pieces of a SKU, seen at one moment; left out where whoever keeps them does not say. */
  pieces?(sku: string): Promise<Pieces>;
  stop(): Promise<void>;
}

export interface Pieces {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** One buyer of the property test: how much it wants, and what it does, in this order. */
interface Buyer {
  readonly pieces: number;
  readonly steps: readonly ("reserve" | "release")[];
}

/** The same, one step after the other; `twice` is a call whose answer was lost, and that is made again at once. */
interface Customer {
  readonly pieces: number;
  readonly steps: readonly { readonly step: "reserve" | "release" | "sell"; readonly twice: boolean }[];
}

const aReservation = (demand: Readonly<Record<string, number>>): Reservation => ({
  id: randomUUID(),
  orderId: `order-${randomUUID()}`,
  demand: new Map(Object.entries(demand)),
});

/** What every stock behind the port promises. `propertyRuns`: fewer for a slow one. */
export function testStock(name: string, start: () => Promise<StockWorld>, propertyRuns = 30): void {
  describe(`stock: ${name}`, () => {
    let world: StockWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const aSku = async (pieces: number): Promise<string> => {
      const sku = `SKU-${randomUUID()}`;
      await world.setAvailable(sku, pieces);
      return sku;
    };

    test("a reservation holds what was asked for", async () => {
      const [tea, cake] = [await aSku(10), await aSku(10)];
      expect(await world.stock.reserve(aReservation({ [tea]: 3, [cake]: 1 }))).toEqual({ ok: true });
      expect([await world.available(tea), await world.available(cake)]).toEqual([7, 9]);
    });

    test("the same reservation again holds nothing more", async () => {
      const sku = await aSku(10);
      const reservation = aReservation({ [sku]: 4 });
      await world.stock.reserve(reservation);
      const repeats = Array.from({ length: 4 }, () => world.stock.reserve(reservation));
      expect(await Promise.all(repeats)).toEqual(repeats.map(() => ({ ok: true })));
      expect(await world.available(sku)).toBe(6);
    });

    test("a reservation holds all or nothing, and says what was short", async () => {
      const [plenty, scarce, none] = [await aSku(10), await aSku(1), await aSku(0)];
      const result = await world.stock.reserve(aReservation({ [plenty]: 1, [scarce]: 2, [none]: 1 }));
      expect(result).toMatchObject({ ok: false, reason: "short" });
      if (result.ok || result.reason !== "short") throw new Error("unreachable");
      expect(result.skus.length).toBeGreaterThan(0);
      expect([scarce, none]).toEqual(expect.arrayContaining([...result.skus]));
      expect([await world.available(plenty), await world.available(scarce)]).toEqual([10, 1]);
    });

    test("the last piece can be had", async () => {
      const sku = await aSku(2);
      expect(await world.stock.reserve(aReservation({ [sku]: 2 }))).toEqual({ ok: true });
      expect(await world.available(sku)).toBe(0);
    });

    test("what was short can be had once there is more", async () => {
      const sku = await aSku(1);
      const reservation = aReservation({ [sku]: 2 });
      expect(await world.stock.reserve(reservation)).toMatchObject({ ok: false, reason: "short" });
      await world.setAvailable(sku, 2);
      expect(await world.stock.reserve(reservation)).toEqual({ ok: true });
    });

    test("a release gives back once, however often it comes", async () => {
      const sku = await aSku(5);
      const reservation = aReservation({ [sku]: 5 });
      await world.stock.reserve(reservation);
      await Promise.all([world.stock.release(reservation), world.stock.release(reservation)]);
      await world.stock.release(reservation);
      expect(await world.available(sku)).toBe(5);
    });

    test("a reservation that was released never holds again", async () => {
      const sku = await aSku(5);
      const reservation = aReservation({ [sku]: 1 });
      await world.stock.reserve(reservation);
      await world.stock.release(reservation);
      expect(await world.stock.reserve(reservation)).toEqual({ ok: false, reason: "released" });
      expect(await world.available(sku)).toBe(5);
    });

    test("a release that comes first keeps the late reservation from holding", async () => {
      const sku = await aSku(5);
      const reservation = aReservation({ [sku]: 1 });
      await world.stock.release(reservation);
      expect(await world.stock.reserve(reservation)).toEqual({ ok: false, reason: "released" });
      expect(await world.available(sku)).toBe(5);
    });

    test("everything that is short is named, so that the customer is asked once", async () => {
      const [none, plenty, scarce] = [await aSku(0), await aSku(10), await aSku(1)];
      const result = await world.stock.reserve(aReservation({ [none]: 1, [plenty]: 2, [scarce]: 2 }));
      expect(result).toMatchObject({ ok: false, reason: "short" });
      if (result.ok || result.reason !== "short") throw new Error("unreachable");
      expect(result.skus.toSorted()).toEqual([none, scarce].toSorted());
    });

    test("what is sold is gone: neither a release nor another reservation moves it, and nothing is taken twice", async () => {
      const [tea, cake] = [await aSku(5), await aSku(5)];
      const reservation = aReservation({ [tea]: 2, [cake]: 1 });
      await world.stock.reserve(reservation);
      await Promise.all([world.stock.sell(reservation), world.stock.sell(reservation)]);
      await world.stock.sell(reservation);
      await world.stock.release(reservation);
      expect(await world.stock.reserve(reservation)).toEqual({ ok: true });
      expect([await world.available(tea), await world.available(cake)]).toEqual([3, 4]);
    });

    test("what is not held cannot be sold", async () => {
      const sku = await aSku(5);
      const [never, released] = [aReservation({ [sku]: 1 }), aReservation({ [sku]: 1 })];
      await world.stock.reserve(released);
      await world.stock.release(released);
      for (const reservation of [never, released]) {
        await expect(world.stock.sell(reservation)).rejects.toMatchObject({
          name: "PermanentFault",
          reason: "NothingHeld",
        });
      }
      expect(await world.available(sku)).toBe(5);
    });

    test("asked for many times at once while goods come in, a reservation is held whole or not at all", async () => {
      for (let run = 0; run < propertyRuns; run++) {
        // Taken first, and there is plenty of it; given back again as long as the other one is short.
        const [plenty, scarce] = [`A-${await aSku(0)}`, `B-${await aSku(0)}`];
        await world.setAvailable(plenty, 10);
        await world.setAvailable(scarce, 0);
        const reservation = aReservation({ [plenty]: 1, [scarce]: 1 });
        const reserve = () => world.stock.reserve(reservation);
        const restock = async () => {
          for (let wait = run % 8; wait > 0; wait--) await world.available(plenty);
          await world.setAvailable(scarce, 1);
        };
        const asked = [reserve(), restock(), reserve(), reserve(), reserve()];
        const isHeld = (await Promise.all(asked)).some((result) => result?.ok === true);
        const free = [await world.available(plenty), await world.available(scarce)];
        expect(free).toEqual(isHeld ? [9, 0] : [10, 1]);
      }
    });

    test("whoever reserves, repeats and releases in parallel: what is held and what is free is what there was", async () => {
      const buyer: fc.Arbitrary<Buyer> = fc.record({
        pieces: fc.integer({ min: 1, max: 3 }),
        steps: fc.array(fc.constantFrom("reserve", "reserve", "release"), { minLength: 1, maxLength: 4 }),
      });
      const property = fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.array(buyer, { minLength: 1, maxLength: 12 }),
        async (pieces, buyers) => {
          const sku = await aSku(pieces);
          const held = await Promise.all(buyers.map((one) => shop(world.stock, sku, one)));
          const free = await world.available(sku);
          expect(free).toBeGreaterThanOrEqual(0);
          expect(free + held.reduce((sum, one) => sum + one, 0)).toBe(pieces);
        },
      );
      await fc.assert(property, { numRuns: propertyRuns });
    });

    test("whoever buys, gives up, is sold to and asks again: free, held and sold are what there was, at every moment", async () => {
      const step = fc.record({
        step: fc.constantFrom("reserve" as const, "release" as const, "sell" as const),
        twice: fc.boolean(),
      });
      const customer: fc.Arbitrary<Customer> = fc.record({
        pieces: fc.integer({ min: 1, max: 3 }),
        steps: fc.array(step, { minLength: 1, maxLength: 6 }),
      });
      const property = fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.array(customer, { minLength: 1, maxLength: 12 }),
        async (supply, customers) => {
          const sku = await aSku(supply);
          const seen: Pieces[] = [];
          const look = async (): Promise<void> => {
            const pieces = await world.pieces?.(sku);
            if (pieces !== undefined) seen.push(pieces);
          };
          const ends = await Promise.all(customers.map((one) => beCustomer(world.stock, sku, one, look)));
          await look();
          const sum = (of: (end: (typeof ends)[number]) => number): number =>
            ends.reduce((total, end) => total + of(end), 0);
          expect(ends.flatMap(({ broken }) => broken)).toEqual([]);
          expect(await world.available(sku)).toBe(supply - sum(({ kept }) => kept));
          for (const { available, reserved, sold } of seen) {
            expect(Math.min(available, reserved, sold)).toBeGreaterThanOrEqual(0);
            expect(available + reserved + sold).toBe(supply);
          }
          const soldInTheEnd = sum(({ sold }) => sold);
          expect(seen.at(-1)?.sold ?? soldInTheEnd).toBe(soldInTheEnd);
        },
      );
      await fc.assert(property, { numRuns: propertyRuns });
    });
  });
}

type ReservationState = "none" | "held" | "released" | "sold";

/** What a call leaves a reservation in, by what it answered. */
const after: Readonly<
  Record<Customer["steps"][number]["step"], (state: ReservationState, ok: boolean) => ReservationState>
> = {
  reserve: (state, ok) => (state === "none" && ok ? "held" : state),
  release: (state) => (state === "sold" ? "sold" : "released"),
  sell: (state, ok) => (ok ? "sold" : state),
};

/** Does one customer's steps, one after the other, and holds each answer against what the port promises. */
async function beCustomer(
  stock: Stock,
  sku: string,
  { pieces, steps }: Customer,
  look: () => Promise<void>,
): Promise<{ readonly kept: number; readonly sold: number; readonly broken: readonly string[] }> {
  const reservation = aReservation({ [sku]: pieces });
  const call = async (step: keyof typeof after): Promise<boolean> => {
    if (step !== "sell") return (await stock[step](reservation))?.ok ?? true;
    return await stock.sell(reservation).then(
      () => true,
      () => false,
    );
  };
  const broken: string[] = [];
  let state: ReservationState = "none";
  for (const { step, twice } of steps) {
    const before: ReservationState = state;
    const answers = await Promise.all(twice ? [call(step), call(step)] : [call(step)]);
    await look();
    state = after[step](before, answers.includes(true));
    const isPromised =
      step === "release" || answers.includes(true) === (state === "held" || state === "sold");
    if (!isPromised) broken.push(`${step} of what was ${before} answered ${answers.join(" and ")}`);
  }
  const kept = state === "held" || state === "sold" ? pieces : 0;
  return { kept, sold: state === "sold" ? pieces : 0, broken };
}

/** Does all the buyer's steps at once; answers what the buyer holds in the end. */
async function shop(stock: Stock, sku: string, { pieces, steps }: Buyer): Promise<number> {
  const reservation = aReservation({ [sku]: pieces });
  const results = await Promise.all(
    steps.map((step) => (step === "reserve" ? stock.reserve(reservation) : stock.release(reservation))),
  );
  if (steps.includes("release")) return 0;
  return results.some((result) => result?.ok === true) ? pieces : 0;
}
