import { PermanentFault } from "#shared/ports/faults.ts";
import type { Demand, Reservation, ReserveResult, Stock } from "#shared/ports/stock.ts";

export interface MemoryStock extends Stock {
  setAvailable(sku: string, pieces: number): void;
  /** Pieces that are free; plenty where no level was set. */
  available(sku: string): number;
  /** Pieces that are held. */
  reserved(sku: string): number;
  /** Pieces that are gone for good. */
  sold(sku: string): number;
}

const PLENTY = 1_000_000;

/** A stock in memory. */
export function createMemoryStock(): MemoryStock {
  const levels = new Map<string, number>();
  const reservations = new Map<string, { state: "held" | "released" | "sold"; demand: Demand }>();
  const soldOf = new Map<string, number>();
  const available = (sku: string): number => levels.get(sku) ?? PLENTY;

  const reserve = ({ id, demand }: Reservation): ReserveResult => {
    const known = reservations.get(id);
    if (known?.state === "released") return { ok: false, reason: "released" };
    if (known !== undefined) return { ok: true };
    const skus = [...demand].filter(([sku, pieces]) => available(sku) < pieces).map(([sku]) => sku);
    if (skus.length > 0) return { ok: false, reason: "short", skus };
    for (const [sku, pieces] of demand) levels.set(sku, available(sku) - pieces);
    reservations.set(id, { state: "held", demand });
    return { ok: true };
  };

  return {
    available,
    setAvailable: (sku, pieces) => void levels.set(sku, pieces),
    reserve: (reservation) => Promise.resolve(reserve(reservation)),
    sold: (sku) => soldOf.get(sku) ?? 0,
    reserved(sku) {
      const held = [...reservations.values()].filter(({ state }) => state === "held");
      return held.reduce((sum, { demand }) => sum + (demand.get(sku) ?? 0), 0);
    },
    release({ id, demand }) {
      const known = reservations.get(id);
      if (known?.state === "held") {
        for (const [sku, pieces] of known.demand) levels.set(sku, available(sku) + pieces);
      }
      if (known?.state !== "sold") reservations.set(id, { state: "released", demand });
      return Promise.resolve();
    },
    sell({ id }) {
      const known = reservations.get(id);
      if (known === undefined || known.state === "released") {
        return Promise.reject(new PermanentFault("NothingHeld", `Nothing is held for ${id}`));
      }
      if (known.state === "held") {
        for (const [sku, pieces] of known.demand) soldOf.set(sku, (soldOf.get(sku) ?? 0) + pieces);
      }
      reservations.set(id, { state: "sold", demand: known.demand });
      return Promise.resolve();
    },
  };
}
