import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { sameSecret } from "../secrets.ts";

const SECRET_PREFIX = "whsec_";

/**
 * Checks a Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, any of several space-separated `v1,…`
 * signatures may fit. The timestamp may be off by `toleranceSeconds` either way.
 */
export function signatureFits(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secret: string,
  { nowMs, toleranceSeconds }: { readonly nowMs: number; readonly toleranceSeconds: number },
): boolean {
  const id = String(headers["webhook-id"] ?? "");
  const timestamp = String(headers["webhook-timestamp"] ?? "");
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > toleranceSeconds) return false;
  const key = Buffer.from(
    secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret,
    "base64",
  );
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const given = String(headers["webhook-signature"] ?? "").split(" ");
  return given.some((signature) => sameSecret(signature, `v1,${expected}`));
}
