/**
 * The part of DER (X.690) that a certificate needs: each function encodes one value as tag, length, content.
 */

const encode = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag]), length(size), ...content]);
};

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const bytes = Buffer.from(size.toString(16).padStart(size < 0x100 ? 2 : 4, "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

export const sequence = (...items: readonly Buffer[]): Buffer => encode(0x30, ...items);
export const set = (...items: readonly Buffer[]): Buffer => encode(0x31, ...items);
export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.from([value ? 0xff : 0x00]));
export const octets = (content: Buffer): Buffer => encode(0x04, content);
export const utf8 = (text: string): Buffer => encode(0x0c, Buffer.from(text, "utf8"));

/** A positive number; a leading zero keeps its first bit from being taken for a sign. */
export function integer(bytes: Buffer): Buffer {
  // The fewest bytes that say it, or readers refuse the whole certificate: zeros in front go, unless one keeps the sign.
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.from([0]) : bytes.subarray(first);
  const looksNegative = ((digits[0] ?? 0) & 0x80) !== 0;
  return encode(0x02, ...(looksNegative ? [Buffer.from([0])] : []), digits);
}

/** @param unused bits at the end of the last byte that do not belong to it */
export const bits = (content: Buffer, unused = 0): Buffer => encode(0x03, Buffer.from([unused]), content);

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

/** To the second, for years before 2050, as certificates must. */
export const utcTime = (ms: number): Buffer =>
  encode(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/\D/g, "").slice(2, 14)}Z`, "ascii"));

/** `[n]` around encoded values. */
export const explicit = (tag: number, ...items: readonly Buffer[]): Buffer => encode(0xa0 + tag, ...items);
/** `[n]` in the place of the content's own tag. */
export const implicit = (tag: number, content: Buffer): Buffer => encode(0x80 + tag, content);
