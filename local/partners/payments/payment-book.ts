import type { GroupCommit } from "../../sqlite/group-commit.ts";
import { PAYMENT_STATES, type PaymentState } from "./payment-state.ts";

export interface Payment {
  readonly key: string;
  readonly orderId: string;
  readonly state: PaymentState;
  readonly amountMinor: number;
  readonly currency: string;
}

/** The payments on disk. Everything but `find` is to be called inside a write of the store. */
export interface PaymentBook {
  find(key: string): Payment | undefined;
  add(payment: Payment): void;
  move(key: string, state: PaymentState): void;
  clear(): void;
}

export function openPaymentBook(store: GroupCommit): PaymentBook {
  store.db.exec(`CREATE TABLE IF NOT EXISTS payments (
    key TEXT PRIMARY KEY, order_id TEXT NOT NULL, state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL) WITHOUT ROWID`);
  const find = store.db.prepare("SELECT order_id, state, amount_minor, currency FROM payments WHERE key = ?");
  const add = store.db.prepare("INSERT INTO payments VALUES (?, ?, ?, ?, ?)");
  const move = store.db.prepare("UPDATE payments SET state = ? WHERE key = ?");
  const clear = store.db.prepare("DELETE FROM payments");
  return {
    find(key) {
      const row = find.get(key);
      const state = PAYMENT_STATES.find((known) => known === row?.["state"]);
      if (row === undefined || state === undefined) return undefined;
      return {
        key,
        orderId: String(row["order_id"]),
        state,
        amountMinor: Number(row["amount_minor"]),
        currency: String(row["currency"]),
      };
    },
    add: ({ key, orderId, state, amountMinor, currency }) =>
      void add.run(key, orderId, state, amountMinor, currency),
    move: (key, state) => void move.run(state, key),
    clear: () => void clear.run(),
  };
}
