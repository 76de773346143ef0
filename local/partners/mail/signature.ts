import { createHash, createHmac } from "node:crypto";
import { sameSecret } from "../secrets.ts";
import type { Call } from "../http/router.ts";

/** The headers that the genuine client signs, in this order. */
const SIGNED_HEADERS = "x-ms-date;host;x-ms-content-sha256";

/**
 * Checks the signature of an Azure Communication Services request: HMAC-SHA256 with the decoded access key over
 * `VERB\npath?query\ndate;host;hash of the body`. The age of the date isn't checked: the partner's clock may be driven by
 * hand. Source: the signing policy of `@azure/communication-common` 2.4.
 */
export function isSigned(call: Call, accessKey: string): boolean {
  const { authorization = "", host = "" } = call.headers;
  const date = String(call.headers["x-ms-date"] ?? "");
  const hash = String(call.headers["x-ms-content-sha256"] ?? "");
  if (Number.isNaN(Date.parse(date))) return false;
  const bodyHash = createHash("sha256").update(call.body).digest("base64");
  if (!sameSecret(hash, bodyHash)) return false;
  const signed = `${call.method}\n${call.target}\n${date};${host};${hash}`;
  const signature = createHmac("sha256", Buffer.from(accessKey, "base64")).update(signed).digest("base64");
  return sameSecret(authorization, `HMAC-SHA256 SignedHeaders=${SIGNED_HEADERS}&Signature=${signature}`);
}
