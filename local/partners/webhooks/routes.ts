import { z } from "zod";
import type { GroupCommit } from "../../sqlite/group-commit.ts";
import type { Desk, Served } from "../desk.ts";
import { errorAnswer, readJson, toHttp } from "../http/answers.ts";
import type { Answer, Call, Route } from "../http/router.ts";
import type { CallFacts } from "../ledger.ts";
import { signatureFits } from "./signature.ts";

const Secret = z.strictObject({ secret: z.string().regex(/^(whsec_)?[A-Za-z0-9+/]{16,}={0,2}$/) });
const Notice = z.looseObject({
  type: z.string(),
  orderId: z.string().optional(),
  data: z.looseObject({ orderId: z.string().optional() }).optional(),
});

/** What vendors keep: their secrets, and the ids of the webhooks they acted upon. */
export interface VendorBook {
  secretOf(vendorId: string): string | undefined;
  /** The rest is to be called inside a write of the store. */
  setSecret(vendorId: string, secret: string): void;
  /** False when the vendor had this webhook before. */
  take(vendorId: string, webhookId: string): boolean;
  clear(): void;
}

export function openVendorBook(store: GroupCommit): VendorBook {
  store.db.exec(`
    CREATE TABLE IF NOT EXISTS webhook_secrets (vendor_id TEXT PRIMARY KEY, secret TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS webhooks_taken (
      vendor_id TEXT NOT NULL, webhook_id TEXT NOT NULL, PRIMARY KEY (vendor_id, webhook_id)) WITHOUT ROWID;
  `);
  const find = store.db.prepare("SELECT secret FROM webhook_secrets WHERE vendor_id = ?");
  const save = store.db.prepare("INSERT OR REPLACE INTO webhook_secrets VALUES (?, ?)");
  const take = store.db.prepare("INSERT OR IGNORE INTO webhooks_taken VALUES (?, ?)");
  const clear = store.db.prepare("DELETE FROM webhooks_taken");
  return {
    secretOf(vendorId) {
      const row = find.get(vendorId);
      return row === undefined ? undefined : String(row["secret"]);
    },
    setSecret: (vendorId, secret) => void save.run(vendorId, secret),
    take: (vendorId, webhookId) => take.run(vendorId, webhookId).changes === 1,
    clear: () => void clear.run(),
  };
}

/**
 * Receivers of vendors: each checks the signature where it has a secret and acts upon each webhook id once; a repeat is
 * answered 200 as well, as the Standard Webhooks specification asks of receivers.
 */
export function webhookRoutes(desk: Desk, book: VendorBook, toleranceSeconds: number): Route[] {
  return [
    {
      method: "PUT",
      path: "/webhooks/:vendorId/secret",
      async handle(call) {
        const read = readJson(Secret, call.body);
        if (!read.ok) return read.answer;
        await desk.store.write(() => book.setSecret(call.params["vendorId"] ?? "", read.value.secret));
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/webhooks/:vendorId",
      async handle(call) {
        const vendorId = call.params["vendorId"] ?? "";
        const times = { nowMs: desk.clock.now(), toleranceSeconds };
        const work = (): Served<Answer> => receive(book, vendorId, call, times);
        return toHttp(await desk.serve("webhooks", factsOf(call, vendorId), work));
      },
    },
  ];
}

function receive(
  book: VendorBook,
  vendorId: string,
  call: Call,
  times: { readonly nowMs: number; readonly toleranceSeconds: number },
): Served<Answer> {
  const webhookId = String(call.headers["webhook-id"] ?? "");
  if (webhookId === "") {
    const answer = errorAnswer(400, "BadRequest", "webhook-id is missing.", "webhook-id");
    return { outcome: "bad-request", effect: false, answer };
  }
  const secret = book.secretOf(vendorId);
  if (secret !== undefined && !signatureFits(call.headers, call.body, secret, times)) {
    const answer = errorAnswer(401, "WrongSignature", "The signature does not fit.");
    return { outcome: "wrong-signature", effect: false, answer };
  }
  const read = readJson(Notice, call.body);
  if (!read.ok) return { outcome: "bad-request", effect: false, answer: read.answer };
  const first = book.take(vendorId, webhookId);
  const outcome = first ? "received" : "repeated";
  return { outcome, effect: first, answer: { status: 200, body: { status: outcome } } };
}

function factsOf(call: Call, vendorId: string): CallFacts {
  const read = readJson(Notice, call.body);
  const notice = read.ok ? read.value : undefined;
  return {
    kind: notice?.type ?? "unreadable",
    orderId: notice?.data?.orderId ?? notice?.orderId ?? null,
    key: call.headers["webhook-id"] === undefined ? null : String(call.headers["webhook-id"]),
    details: { vendorId },
  };
}
