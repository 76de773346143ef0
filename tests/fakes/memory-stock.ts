import type { Reservation, ReserveResult, Stock } from "#shared/ports/stock.ts";

export interface MemoryStock extends Stock {
  setAvailable(sku: string, pieces: number): void;
  /** Pieces that are free; plenty where no level was set. */
  available(sku: string): number;
}

const PLENTY = 1_000_000;

/** A stock in memory. */
export function createMemoryStock(): MemoryStock {
  const levels = new Map<string, number>();
  const reservations = new Map<string, "held" | "released">();
  const available = (sku: string): number => levels.get(sku) ?? PLENTY;

  const reserve = ({ id, demand }: Reservation): ReserveResult => {
    const state = reservations.get(id);
    if (state === "released") return { ok: false, reason: "released" };
    if (state === "held") return { ok: true };
    const skus = [...demand].filter(([sku, pieces]) => available(sku) < pieces).map(([sku]) => sku);
    if (skus.length > 0) return { ok: false, reason: "short", skus };
    for (const [sku, pieces] of demand) levels.set(sku, available(sku) - pieces);
    reservations.set(id, "held");
    return { ok: true };
  };

  return {
    available,
    setAvailable: (sku, pieces) => void levels.set(sku, pieces),
    reserve: (reservation) => Promise.resolve(reserve(reservation)),
    release({ id, demand }) {
      if (reservations.get(id) === "held") {
        for (const [sku, pieces] of demand) levels.set(sku, available(sku) + pieces);
      }
      reservations.set(id, "released");
      return Promise.resolve();
    },
  };
}
