import { createHash } from "node:crypto";
import type { OrderRequest } from "#shared/contracts/order-request.ts";

/** Crockford's base 32: no letters that people mistake for digits. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BITS_PER_CHARACTER = 5;
const ID_CHARACTERS = 26;

const sha256 = (parts: readonly string[]): Buffer => {
  const hash = createHash("sha256");
  // The length in front keeps ["ab", "c"] apart from ["a", "bc"].
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest();
};

/** 130 bits of the digest. */
function base32(digest: Buffer): string {
  let text = "";
  let value = 0;
  let bits = 0;
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= BITS_PER_CHARACTER) {
      bits -= BITS_PER_CHARACTER;
      text += ALPHABET.charAt((value >>> bits) & 31);
      value &= (1 << bits) - 1;
    }
  }
  return text.slice(0, ID_CHARACTERS);
}

/** All ids begin with a letter: the Functions host turns metadata that looks like a number into one. */
export const orderIdFor = (brandId: string, idempotencyKey: string): string =>
  `ord_${base32(sha256([brandId, idempotencyKey]))}`;

const ORDER_ID = new RegExp(`^ord_[${ALPHABET}]{${ID_CHARACTERS}}$`);

/** Callers put anything into an address; what cannot be an id must not reach a store as part of another address. */
export const isOrderId = (text: string): boolean => ORDER_ID.test(text);

/**
 * The channel is not part of it: a vendor who changes to another one is still told once. Each question of an order is
 * asked by a mail of its own.
 */
export const deliveryIdFor = (orderId: string, event: string, recipient: string, question = 1): string =>
  `dlv_${base32(sha256([orderId, question > 1 ? `${event}:${question}` : event, recipient]))}`;

export const findingIdFor = (kind: string, subject: string): string =>
  `fnd_${base32(sha256([kind, subject]))}`;

/** A UUID (version 8, custom) that is always the same for the same delivery. */
export function operationIdFor(deliveryId: string): string {
  const bytes = sha256(["mail", deliveryId]).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** What the `keys` container knows an API key by. */
export const hashOfKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** The same for every body that says the same, whatever the order of its members. */
export const fingerprintOf = (body: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(body)))
    .digest("base64url");

/** The same for every request of one customer over the same goods, however they are listed and whatever they are called. */
export function basketOf(request: Pick<OrderRequest, "customer" | "lines">): string {
  const pieces = new Map<string, number>();
  for (const { sku, quantity } of request.lines) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity);
  const lines = [...pieces].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return base32(sha256([request.customer.email.toLowerCase(), ...lines.flat().map(String)]));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, canonical(member)]),
  );
}
