import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares secrets in constant time, whatever their lengths. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** Whether the request carries `Authorization: Bearer <key>`. */
export function bearsKey(headers: IncomingHttpHeaders, key: string): boolean {
  const [scheme, given] = (headers.authorization ?? "").split(" ", 2);
  return scheme?.toLowerCase() === "bearer" && given !== undefined && sameSecret(given, key);
}
