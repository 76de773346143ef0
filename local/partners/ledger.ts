import type { GroupCommit } from "../sqlite/group-commit.ts";

export const PARTNER_NAMES = ["payments", "stock", "commerce", "mail", "webhooks"] as const;
export type PartnerName = (typeof PARTNER_NAMES)[number];

/** What a call was about, as far as it could be told from the request. */
export interface CallFacts {
  readonly kind: string;
  readonly orderId: string | null;
  /** The idempotency key of the protocol: payment key, reservation id, operation id, webhook id. */
  readonly key: string | null;
  /** What only this partner knows: `to`, `operationId`, `vendorId`, `amountMinor` … */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** How a call ended. `effect` is true on the one call that counted, never on repeats, refusals or look-ups. */
export interface CallEnd {
  readonly outcome: string;
  readonly effect: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Rows read and sent at a time: bounds the memory of a listing, whatever the length of the ledger. */
const PAGE_ROWS = 4_000;

/** Every call to every partner, in order, refused ones included. Entries are stored as the JSON that is shown. */
export interface Ledger {
  /** To be called inside a write of the store, together with the effect itself. */
  add(name: PartnerName, atMs: number, facts: CallFacts, end: CallEnd): void;
  /** The listing as chunks of JSON text: `{"entries":[…]}`. Only what is on disk. */
  list(name: PartnerName, after: number, limit: number): AsyncIterable<string>;
  /** To be called inside a write of the store. */
  clear(): void;
}

export function openLedger(store: GroupCommit): Ledger {
  store.db.exec(`
    CREATE TABLE IF NOT EXISTS ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, entry TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS ledger_by_name ON ledger (name, seq);
  `);
  const insert = store.db.prepare("INSERT INTO ledger (name, entry) VALUES (?, ?)");
  const page = store.db.prepare(
    "SELECT seq, entry FROM ledger WHERE name = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const clear = store.db.prepare("DELETE FROM ledger");

  return {
    add(name, atMs, facts, end) {
      const entry = {
        at: new Date(atMs).toISOString(),
        orderId: facts.orderId,
        kind: facts.kind,
        key: facts.key,
        outcome: end.outcome,
        effect: end.effect,
        ...facts.details,
        ...end.details,
      };
      insert.run(name, JSON.stringify(entry));
    },
    async *list(name, after, limit) {
      let last = after;
      let left = limit;
      let separator = '{"entries":[';
      while (left > 0) {
        await store.settled();
        const rows = page.all(name, last, Math.min(PAGE_ROWS, left));
        if (rows.length === 0) break;
        // An entry is a JSON object of at least two members: its sequence number goes in front of them.
        const shown = rows.map((row) => `{"seq":${Number(row["seq"])},${String(row["entry"]).slice(1)}`);
        yield separator + shown.join(",");
        separator = ",";
        last = Number(rows.at(-1)?.["seq"]);
        left -= rows.length;
      }
      yield separator === "," ? "]}" : '{"entries":[]}';
    },
    clear: () => void clear.run(),
  };
}
