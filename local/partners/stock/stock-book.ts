import type { GroupCommit } from "../../sqlite/group-commit.ts";

/** What a SKU has in store as long as nobody set its level. */
const DEFAULT_AVAILABLE = 1_000_000;

const STATES = ["held", "released", "sold"] as const;

export interface Reservation {
  readonly id: string;
  readonly orderId: string;
  readonly state: "held" | "released" | "sold";
  /** Pieces by SKU. */
  readonly demand: Readonly<Record<string, number>>;
}

/** Levels and reservations on disk. What changes them is to be called inside a write of the store. */
export interface StockBook {
  available(sku: string): number;
  setAvailable(sku: string, available: number): void;
  /** Every SKU that was ever touched. */
  levels(): { readonly sku: string; readonly available: number }[];
  find(id: string): Reservation | undefined;
  save(reservation: Reservation): void;
  clear(): void;
}

export function openStockBook(store: GroupCommit): StockBook {
  store.db.exec(`
    CREATE TABLE IF NOT EXISTS stock_levels (
      sku TEXT PRIMARY KEY, available INTEGER NOT NULL CHECK (available >= 0)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS reservations (
      id TEXT PRIMARY KEY, order_id TEXT NOT NULL, state TEXT NOT NULL, demand TEXT NOT NULL) WITHOUT ROWID;
  `);
  const level = store.db.prepare("SELECT available FROM stock_levels WHERE sku = ?");
  const levels = store.db.prepare("SELECT sku, available FROM stock_levels ORDER BY sku");
  const setLevel = store.db.prepare("INSERT OR REPLACE INTO stock_levels VALUES (?, ?)");
  const find = store.db.prepare("SELECT order_id, state, demand FROM reservations WHERE id = ?");
  const save = store.db.prepare("INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?)");
  return {
    available: (sku) => Number(level.get(sku)?.["available"] ?? DEFAULT_AVAILABLE),
    setAvailable: (sku, available) => void setLevel.run(sku, available),
    levels: () =>
      levels.all().map((row) => ({ sku: String(row["sku"]), available: Number(row["available"]) })),
    find(id) {
      const row = find.get(id);
      if (row === undefined) return undefined;
      const demand: Record<string, number> = JSON.parse(String(row["demand"]));
      const state = STATES.find((known) => known === row["state"]) ?? "released";
      return { id, orderId: String(row["order_id"]), state, demand };
    },
    save: ({ id, orderId, state, demand }) => void save.run(id, orderId, state, JSON.stringify(demand)),
    clear: () => store.db.exec("DELETE FROM stock_levels; DELETE FROM reservations"),
  };
}

export type Held =
  | { readonly kind: "held" | "repeated" | "released" | "other-demand" }
  | { readonly kind: "short"; readonly skus: readonly string[] };

/** Holds all of the demand or nothing. To be called inside a write of the store. */
export function reserve(book: StockBook, id: string, orderId: string, demand: Map<string, number>): Held {
  const known = book.find(id);
  if (known?.state === "released") return { kind: "released" };
  if (known !== undefined) return { kind: sameDemand(known.demand, demand) ? "repeated" : "other-demand" };
  const skus = [...demand].filter(([sku, pieces]) => book.available(sku) < pieces).map(([sku]) => sku);
  if (skus.length > 0) return { kind: "short", skus };
  for (const [sku, pieces] of demand) book.setAvailable(sku, book.available(sku) - pieces);
  book.save({ id, orderId, state: "held", demand: Object.fromEntries(demand) });
  return { kind: "held" };
}

/**
 * Gives back what is held; answers whether there was anything. A reservation that is not known yet is remembered as
 * released, so that one which arrives late holds nothing. To be called inside a write of the store.
 */
export function release(book: StockBook, id: string, orderId: string): boolean {
  const known = book.find(id);
  if (known?.state === "released" || known?.state === "sold") return false;
  const demand = Object.entries(known?.demand ?? {});
  for (const [sku, pieces] of demand) book.setAvailable(sku, book.available(sku) + pieces);
  book.save({ id, orderId, state: "released", demand: known?.demand ?? {} });
  return known !== undefined;
}

/** Takes what is held out of the stock for good. To be called inside a write of the store. */
export function sell(book: StockBook, id: string): "sold" | "repeated" | "nothing-held" {
  const known = book.find(id);
  if (known?.state === "sold") return "repeated";
  if (known?.state !== "held") return "nothing-held";
  book.save({ ...known, state: "sold" });
  return "sold";
}

function sameDemand(known: Readonly<Record<string, number>>, demand: Map<string, number>): boolean {
  return (
    Object.keys(known).length === demand.size && [...demand].every(([sku, pieces]) => known[sku] === pieces)
  );
}
