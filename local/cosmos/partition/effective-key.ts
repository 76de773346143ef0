import type { Scalar } from "../json.ts";
import { murmur128, murmur32 } from "./murmur.ts";

/**
 * The effective partition key: the place of a partition key in the space "" .. "FF" that key ranges divide, as
 * upper-case hexadecimal text. Must agree with what clients compute themselves for bulk requests (read in
 * @azure/cosmos 4.10.1, utils/hashing).
 */
export type KeyKind = "v1" | "v2" | "hierarchical";
export type KeyPart = Scalar | undefined;

const Tag = { undefined: 0x00, null: 0x01, false: 0x02, true: 0x03, number: 0x05, string: 0x08 } as const;
const STRING_END = 0xff;
/** Version 1 looks at no more of a string than this many characters. */
const V1_STRING_CHARACTERS = 100;

export function effectiveKey(kind: KeyKind, parts: readonly KeyPart[]): string {
  if (kind === "v1") return effectiveKeyV1(parts[0]);
  if (kind === "v2") return effectiveKeyV2(Buffer.concat(parts.map((part) => tagged(part, STRING_END))));
  return parts.map((part) => effectiveKeyV2(tagged(part, STRING_END))).join("");
}

function effectiveKeyV2(bytes: Uint8Array): string {
  const [first, second] = murmur128(bytes);
  const hash = new DataView(new ArrayBuffer(16));
  // The 128-bit number is written backwards: the most significant half, big endian, comes first.
  hash.setUint32(0, second[0]!);
  hash.setUint32(4, second[1]!);
  hash.setUint32(8, first[0]!);
  hash.setUint32(12, first[1]!);
  hash.setUint8(0, hash.getUint8(0) & 0x3f);
  return Buffer.from(hash.buffer).toString("hex").toUpperCase();
}

function effectiveKeyV1(part: KeyPart): string {
  const short = typeof part === "string" ? part.slice(0, V1_STRING_CHARACTERS) : part;
  const hash = murmur32(tagged(short, 0x00));
  return Buffer.concat([sortableNumber(hash), sortable(short)])
    .toString("hex")
    .toUpperCase();
}

/** Start of a version 1 range: the sortable form of the smallest 32-bit hash in it. */
export const boundaryV1 = (hash: number): string => sortableNumber(hash).toString("hex").toUpperCase();

function tagged(part: KeyPart, stringEnd: number): Buffer {
  if (typeof part === "string") {
    return Buffer.concat([Buffer.of(Tag.string), Buffer.from(part, "utf8"), Buffer.of(stringEnd)]);
  }
  if (typeof part === "number") {
    const bytes = Buffer.alloc(9);
    bytes[0] = Tag.number;
    bytes.writeDoubleLE(part, 1);
    return bytes;
  }
  return Buffer.of(tagOf(part));
}

function tagOf(part: null | boolean | undefined): number {
  if (part === undefined) return Tag.undefined;
  if (part === null) return Tag.null;
  return part ? Tag.true : Tag.false;
}

function sortable(part: KeyPart): Buffer {
  if (typeof part === "number") return sortableNumber(part);
  if (typeof part !== "string") return Buffer.of(tagOf(part));
  const bytes = Buffer.from(part, "utf8");
  const whole = part.length <= V1_STRING_CHARACTERS;
  const shown = whole ? bytes : bytes.subarray(0, V1_STRING_CHARACTERS + 1);
  const shifted = shown.map((byte) => (byte < 0xff ? byte + 1 : byte));
  return Buffer.concat([Buffer.of(Tag.string), shifted, whole ? Buffer.of(0) : Buffer.alloc(0)]);
}

/** A number whose bytes sort like the number: first byte whole, then seven bits a byte while any are left. */
function sortableNumber(value: number): Buffer {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = 1n << 63n;
  let payload = bits < sign ? bits ^ sign : BigInt.asUintN(64, ~bits + 1n);
  const bytes = [Tag.number, Number(payload >> 56n)];
  payload = BigInt.asUintN(64, payload << 8n);
  let pending: number | undefined;
  do {
    if (pending !== undefined) bytes.push(pending);
    pending = Number(payload >> 56n) | 0x01;
    payload = BigInt.asUintN(64, payload << 7n);
  } while (payload !== 0n);
  const last = pending & 0xfe;
  if (last !== 0) bytes.push(last);
  return Buffer.from(bytes);
}
