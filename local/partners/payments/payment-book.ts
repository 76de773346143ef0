import type { GroupCommit } from "../../sqlite/group-commit.ts";
import { PAYMENT_STATES, type PaymentState } from "./payment-state.ts";

export interface Payment {
  readonly key: string;
  readonly orderId: string;
  readonly state: PaymentState;
  readonly amountMinor: number;
  readonly currency: string;
}

/** Which payments to list: those of one order, or those first heard of at `fromMs` or later. */
export interface PaymentListing {
  readonly orderId?: string | undefined;
  readonly fromMs: number;
  /** The `next` of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** The payments on disk. Everything but `find` is to be called inside a write of the store. */
export interface PaymentBook {
  find(key: string): Payment | undefined;
  list(listing: PaymentListing): { readonly payments: Payment[]; readonly next?: number };
  add(payment: Payment, atMs: number): void;
  move(key: string, state: PaymentState): void;
  clear(): void;
}

export function openPaymentBook(store: GroupCommit): PaymentBook {
  store.db.exec(`CREATE TABLE IF NOT EXISTS booked_payments (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, state TEXT NOT NULL,
      amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, at_ms INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS booked_payments_by_order ON booked_payments (order_id)`);
  const columns = "seq, key, order_id, state, amount_minor, currency";
  const find = store.db.prepare(`SELECT ${columns} FROM booked_payments WHERE key = ?`);
  const ofOrder = store.db.prepare(
    `SELECT ${columns} FROM booked_payments WHERE order_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const since = store.db.prepare(
    `SELECT ${columns} FROM booked_payments WHERE at_ms >= ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const add = store.db.prepare(
    "INSERT INTO booked_payments (key, order_id, state, amount_minor, currency, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const move = store.db.prepare("UPDATE booked_payments SET state = ? WHERE key = ?");
  const clear = store.db.prepare("DELETE FROM booked_payments");
  return {
    find: (key) => paymentIn(find.get(key)),
    list({ orderId, fromMs, after = 0, limit }) {
      const rows =
        orderId === undefined ? since.all(fromMs, after, limit) : ofOrder.all(orderId, after, limit);
      const payments = rows.flatMap((row) => paymentIn(row) ?? []);
      return { payments, ...(rows.length === limit && { next: Number(rows.at(-1)?.["seq"]) }) };
    },
    add: ({ key, orderId, state, amountMinor, currency }, atMs) =>
      void add.run(key, orderId, state, amountMinor, currency, atMs),
    move: (key, state) => void move.run(state, key),
    clear: () => void clear.run(),
  };
}

function paymentIn(row: Readonly<Record<string, unknown>> | undefined): Payment | undefined {
  const state = PAYMENT_STATES.find((known) => known === row?.["state"]);
  if (row === undefined || state === undefined) return undefined;
  return {
    key: String(row["key"]),
    orderId: String(row["order_id"]),
    state,
    amountMinor: Number(row["amount_minor"]),
    currency: String(row["currency"]),
  };
}
