import type { AmqpArray, AmqpMap, AmqpValue } from "./values.ts";

/** Bytes that are not what AMQP 1.0 (part 1, types) allows. */
export class MalformedAmqp extends Error {
  override readonly name = "MalformedAmqp";
}

/** Deeper nesting than this is an attack, not a message. */
const MAX_DEPTH = 32;

/** Width of the value (subcategories 4–9) or of its size field (A–F), by the constructor's high nibble. */
const widths: readonly (number | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  0,
  1,
  2,
  4,
  8,
  16,
  1,
  4,
  1,
  4,
  1,
  4,
];

/**
 * The offset behind the value that starts at `at`, without decoding it.
 * @throws MalformedAmqp when the bytes end early or the constructor is unknown
 */
export function skipValue(bytes: Buffer, at: number, depth = 0): number {
  let position = at;
  let code = byteAt(bytes, position++);
  for (let level = depth; code === 0x00; level++) {
    if (level > MAX_DEPTH) throw new MalformedAmqp("descriptors are nested too deeply");
    position = skipValue(bytes, position, level + 1);
    code = byteAt(bytes, position++);
  }
  const category = code >>> 4;
  const width = widths[category];
  if (width === undefined) throw new MalformedAmqp(`unknown type constructor 0x${code.toString(16)}`);
  const end = category < 0xa ? position + width : position + width + sizeAt(bytes, position, width);
  if (end > bytes.length) throw new MalformedAmqp("a value is longer than the bytes that hold it");
  return end;
}

/** Decodes the value at `at`. @throws MalformedAmqp */
export function decodeValue(bytes: Buffer, at = 0): readonly [value: AmqpValue, end: number] {
  return decode(bytes, at, 0);
}

/**
 * The offset behind the value at `at`, which `decodeValue` could decode; builds nothing.
 * @throws MalformedAmqp
 */
export function checkValue(bytes: Buffer, at: number, depth = 0): number {
  const code = byteAt(bytes, at);
  if (isPrimitive[code] === 1) return skipValue(bytes, at);
  if (depth > MAX_DEPTH) throw new MalformedAmqp("values are nested too deeply");
  if (code === 0x00) return checkValue(bytes, checkValue(bytes, at + 1, depth + 1), depth + 1);
  const category = code >>> 4;
  if (code === 0x45 || category === 0xc || category === 0xd) return checkCompound(bytes, at, code, depth);
  if (category >= 0xe) return decode(bytes, at, depth)[1];
  throw new MalformedAmqp(`unknown type constructor 0x${code.toString(16)}`);
}

function checkCompound(bytes: Buffer, at: number, code: number, depth: number): number {
  const { count, start, end } = compoundAt(bytes, at);
  if ((code & 1) === 1 && code !== 0x45 && count % 2 !== 0)
    throw new MalformedAmqp("a map has a key without a value");
  let position = start;
  for (let index = 0; index < count; index++) position = checkValue(bytes, position, depth + 1);
  if (position > end) throw new MalformedAmqp("an element reaches beyond its list or map");
  return end;
}

/** Decodes a value and insists on a map. @throws MalformedAmqp */
export function decodeMap(bytes: Buffer, at = 0): AmqpMap {
  const [value] = decodeValue(bytes, at);
  if (value.type !== "map") throw new MalformedAmqp(`expected a map, found ${value.type}`);
  return value;
}

/**
 * Where the elements of a list or map start and end, and how many there are.
 * @throws MalformedAmqp when there is no such compound at `at`
 */
export function compoundAt(bytes: Buffer, at: number): { count: number; start: number; end: number } {
  const code = byteAt(bytes, at);
  if (code === 0x45) return { count: 0, start: at + 1, end: at + 1 };
  const width = code === 0xc0 || code === 0xc1 ? 1 : 4;
  if (width === 4 && code !== 0xd0 && code !== 0xd1) {
    throw new MalformedAmqp(`expected a list or map, found constructor 0x${code.toString(16)}`);
  }
  const start = at + 1 + 2 * width;
  const end = skipValue(bytes, at);
  if (start > end) throw new MalformedAmqp("a list or map is shorter than its own count");
  return { count: sizeAt(bytes, at + 1 + width, width), start, end };
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new MalformedAmqp("the bytes end inside a value");
  return byte;
}

function sizeAt(bytes: Buffer, at: number, width: number): number {
  if (at + width > bytes.length) throw new MalformedAmqp("the bytes end inside a size");
  return width === 1 ? bytes.readUInt8(at) : bytes.readUInt32BE(at);
}

function decode(bytes: Buffer, at: number, depth: number): readonly [AmqpValue, number] {
  if (depth > MAX_DEPTH) throw new MalformedAmqp("values are nested too deeply");
  const code = byteAt(bytes, at);
  if (code === 0x00) {
    const [descriptor, next] = decode(bytes, at + 1, depth + 1);
    const [value, end] = decode(bytes, next, depth + 1);
    return [{ type: "described", descriptor, value }, end];
  }
  const end = skipValue(bytes, at);
  return [decodeBody(bytes, code, at + 1, end, depth), end];
}

function decodeBody(bytes: Buffer, code: number, at: number, end: number, depth: number): AmqpValue {
  if (code === 0x45 || code === 0xc0 || code === 0xd0) return decodeList(bytes, at - 1, depth);
  if (code === 0xc1 || code === 0xd1) return decodePairs(bytes, at - 1, depth);
  if (code === 0xe0 || code === 0xf0) return decodeArray(bytes, code, at, end);
  return decodePrimitive(bytes, code, at, end);
}

function decodeList(bytes: Buffer, at: number, depth: number): AmqpValue {
  const { count, start, end } = compoundAt(bytes, at);
  const value: AmqpValue[] = [];
  let position = start;
  for (let index = 0; index < count; index++) {
    const [item, next] = decode(bytes, position, depth + 1);
    if (next > end) throw new MalformedAmqp("a list's element reaches beyond the list");
    value.push(item);
    position = next;
  }
  return { type: "list", value };
}

function decodePairs(bytes: Buffer, at: number, depth: number): AmqpMap {
  const { count, start, end } = compoundAt(bytes, at);
  if (count % 2 !== 0) throw new MalformedAmqp("a map has a key without a value");
  const value: (readonly [AmqpValue, AmqpValue])[] = [];
  let position = start;
  for (let index = 0; index < count; index += 2) {
    const [key, middle] = decode(bytes, position, depth + 1);
    const [item, next] = decode(bytes, middle, depth + 1);
    if (next > end) throw new MalformedAmqp("a map's entry reaches beyond the map");
    value.push([key, item]);
    position = next;
  }
  return { type: "map", value };
}

function decodeArray(bytes: Buffer, code: number, at: number, end: number): AmqpArray {
  const width = code === 0xe0 ? 1 : 4;
  const count = sizeAt(bytes, at + width, width);
  const element = byteAt(bytes, at + 2 * width);
  if (element === 0x00 || element >>> 4 >= 0xc) {
    throw new MalformedAmqp("arrays of described or compound values are not supported");
  }
  const elementWidth = widths[element >>> 4];
  if (elementWidth === undefined) throw new MalformedAmqp("an array has an unknown element type");
  if (elementWidth === 0 && count > 0xffff) throw new MalformedAmqp("an array claims too many elements");
  const value: AmqpValue[] = [];
  let position = at + 2 * width + 1;
  for (let index = 0; index < count; index++) {
    const size = element >>> 4 < 0xa ? elementWidth : elementWidth + sizeAt(bytes, position, elementWidth);
    if (position + size > end) throw new MalformedAmqp("an array's element reaches beyond the array");
    value.push(decodePrimitive(bytes, element, position, position + size));
    position += size;
  }
  return { type: "array", code: element, value };
}

type Primitive = (bytes: Buffer, at: number, end: number) => AmqpValue;

const primitives = new Map<number, Primitive>([
  [0x40, () => ({ type: "null" })],
  [0x41, () => ({ type: "boolean", value: true })],
  [0x42, () => ({ type: "boolean", value: false })],
  [0x56, (bytes, at) => ({ type: "boolean", value: bytes[at] !== 0 })],
  [0x50, (bytes, at) => ({ type: "ubyte", value: bytes.readUInt8(at) })],
  [0x60, (bytes, at) => ({ type: "ushort", value: bytes.readUInt16BE(at) })],
  [0x70, (bytes, at) => ({ type: "uint", value: bytes.readUInt32BE(at) })],
  [0x52, (bytes, at) => ({ type: "uint", value: bytes.readUInt8(at) })],
  [0x43, () => ({ type: "uint", value: 0 })],
  [0x80, (bytes, at) => ({ type: "ulong", value: bytes.readBigUInt64BE(at) })],
  [0x53, (bytes, at) => ({ type: "ulong", value: BigInt(bytes.readUInt8(at)) })],
  [0x44, () => ({ type: "ulong", value: 0n })],
  [0x51, (bytes, at) => ({ type: "byte", value: bytes.readInt8(at) })],
  [0x61, (bytes, at) => ({ type: "short", value: bytes.readInt16BE(at) })],
  [0x71, (bytes, at) => ({ type: "int", value: bytes.readInt32BE(at) })],
  [0x54, (bytes, at) => ({ type: "int", value: bytes.readInt8(at) })],
  [0x81, (bytes, at) => ({ type: "long", value: bytes.readBigInt64BE(at) })],
  [0x55, (bytes, at) => ({ type: "long", value: BigInt(bytes.readInt8(at)) })],
  [0x72, (bytes, at) => ({ type: "float", value: bytes.readFloatBE(at) })],
  [0x82, (bytes, at) => ({ type: "double", value: bytes.readDoubleBE(at) })],
  [0x73, (bytes, at) => ({ type: "char", value: bytes.readUInt32BE(at) })],
  [0x83, (bytes, at) => ({ type: "timestamp", value: Number(bytes.readBigInt64BE(at)) })],
  [0x74, (bytes, at, end) => ({ type: "decimal32", value: bytes.subarray(at, end) })],
  [0x84, (bytes, at, end) => ({ type: "decimal64", value: bytes.subarray(at, end) })],
  [0x94, (bytes, at, end) => ({ type: "decimal128", value: bytes.subarray(at, end) })],
  [0x98, (bytes, at, end) => ({ type: "uuid", value: bytes.subarray(at, end) })],
  [0xa0, (bytes, at, end) => ({ type: "binary", value: bytes.subarray(at + 1, end) })],
  [0xb0, (bytes, at, end) => ({ type: "binary", value: bytes.subarray(at + 4, end) })],
  [0xa1, (bytes, at, end) => ({ type: "string", value: bytes.toString("utf8", at + 1, end) })],
  [0xb1, (bytes, at, end) => ({ type: "string", value: bytes.toString("utf8", at + 4, end) })],
  [0xa3, (bytes, at, end) => ({ type: "symbol", value: bytes.toString("latin1", at + 1, end) })],
  [0xb3, (bytes, at, end) => ({ type: "symbol", value: bytes.toString("latin1", at + 4, end) })],
]);

/** 1 for their constructors: `checkValue` looks at every value of every message. */
const isPrimitive = Uint8Array.from({ length: 256 }, (_, code) => Number(primitives.has(code)));

function decodePrimitive(bytes: Buffer, code: number, at: number, end: number): AmqpValue {
  const read = primitives.get(code);
  if (read === undefined) throw new MalformedAmqp(`unknown type constructor 0x${code.toString(16)}`);
  return read(bytes, at, end);
}
