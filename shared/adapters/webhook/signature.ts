import { createHmac } from "node:crypto";

const SECRET_PREFIX = "whsec_";

/**
 * The headers of Standard Webhooks 1.0: HMAC-SHA256 with the decoded secret over `id.timestamp.body`; the timestamp is
 * in seconds and that of this attempt, so that a late attempt isn't taken for a replay.
 */
export function signedHeaders(
  { id, body, secret }: { readonly id: string; readonly body: string; readonly secret: string },
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000);
  const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  const key = Buffer.from(encoded, "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}
