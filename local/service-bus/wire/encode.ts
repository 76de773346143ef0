import type { AmqpArray, AmqpMap, AmqpValue, NumberType } from "./values.ts";

/** Encodes a value in its smallest common form. */
export function encodeValue(value: AmqpValue): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** A described section: `0x00`, its small descriptor, then the value. */
export function encodeSection(descriptor: number, value: AmqpValue): Buffer {
  return Buffer.concat([Buffer.from([0x00, 0x53, descriptor]), encodeValue(value)]);
}

function write(value: AmqpValue, parts: Buffer[]): void {
  switch (value.type) {
    case "null":
      parts.push(Buffer.from([0x40]));
      return;
    case "boolean":
      parts.push(Buffer.from([value.value ? 0x41 : 0x42]));
      return;
    case "described":
      parts.push(Buffer.from([0x00]));
      write(value.descriptor, parts);
      write(value.value, parts);
      return;
    case "list":
      parts.push(compound(0xd0, value.value.length, value.value));
      return;
    case "map":
      parts.push(encodePairs(value));
      return;
    case "array":
      parts.push(encodeArray(value));
      return;
    default:
      parts.push(encodeScalar(value));
  }
}

type Scalar = Exclude<
  AmqpValue,
  { type: "null" | "boolean" | "described" } | AmqpMap | AmqpArray | { type: "list" }
>;

function encodeScalar(value: Scalar): Buffer {
  switch (value.type) {
    case "string":
      return sized(0xa1, Buffer.from(value.value, "utf8"));
    case "symbol":
      return sized(0xa3, Buffer.from(value.value, "latin1"));
    case "binary":
      return sized(0xa0, value.value);
    case "ulong":
      return unsignedLong(value.value);
    case "long":
      return fixed(0x81, 8, (bytes) => bytes.writeBigInt64BE(value.value, 1));
    case "uuid":
      return Buffer.concat([Buffer.from([0x98]), value.value]);
    case "decimal32":
    case "decimal64":
    case "decimal128":
      return Buffer.concat([Buffer.from([decimalCodes[value.type]]), value.value]);
    default:
      return numbers[value.type](value.value);
  }
}

const decimalCodes = { decimal32: 0x74, decimal64: 0x84, decimal128: 0x94 } as const;

const numbers: Readonly<Record<NumberType, (value: number) => Buffer>> = {
  ubyte: (value) => Buffer.from([0x50, value]),
  ushort: (value) => fixed(0x60, 2, (bytes) => bytes.writeUInt16BE(value, 1)),
  uint: (value) =>
    value < 256 ? Buffer.from([0x52, value]) : fixed(0x70, 4, (bytes) => bytes.writeUInt32BE(value, 1)),
  byte: (value) => fixed(0x51, 1, (bytes) => bytes.writeInt8(value, 1)),
  short: (value) => fixed(0x61, 2, (bytes) => bytes.writeInt16BE(value, 1)),
  int: (value) => fixed(0x71, 4, (bytes) => bytes.writeInt32BE(value, 1)),
  float: (value) => fixed(0x72, 4, (bytes) => bytes.writeFloatBE(value, 1)),
  double: (value) => fixed(0x82, 8, (bytes) => bytes.writeDoubleBE(value, 1)),
  char: (value) => fixed(0x73, 4, (bytes) => bytes.writeUInt32BE(value, 1)),
  timestamp: (value) => fixed(0x83, 8, (bytes) => bytes.writeBigInt64BE(BigInt(value), 1)),
};

function unsignedLong(value: bigint): Buffer {
  if (value < 256n) return Buffer.from([0x53, Number(value)]);
  return fixed(0x80, 8, (bytes) => bytes.writeBigUInt64BE(value, 1));
}

function fixed(code: number, width: number, fill: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.allocUnsafe(1 + width);
  bytes[0] = code;
  fill(bytes);
  return bytes;
}

/** `code` is the one-byte-size form; the four-byte form is always 0x10 above it. */
function sized(code: number, content: Buffer): Buffer {
  if (content.length < 256) return Buffer.concat([Buffer.from([code, content.length]), content]);
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = code + 0x10;
  bytes.writeUInt32BE(content.length, 1);
  return Buffer.concat([bytes, content]);
}

function encodePairs(map: AmqpMap): Buffer {
  return compound(0xd1, map.value.length * 2, map.value.flat());
}

function compound(code: number, count: number, items: readonly AmqpValue[]): Buffer {
  const parts: Buffer[] = [];
  for (const item of items) write(item, parts);
  const content = Buffer.concat(parts);
  const head = Buffer.allocUnsafe(9);
  head[0] = code;
  head.writeUInt32BE(content.length + 4, 1);
  head.writeUInt32BE(count, 5);
  return Buffer.concat([head, content]);
}

function encodeArray(array: AmqpArray): Buffer {
  const content = Buffer.concat(array.value.map((item) => encodeElement(array.code, item)));
  const head = Buffer.allocUnsafe(10);
  head[0] = 0xf0;
  head.writeUInt32BE(content.length + 5, 1);
  head.writeUInt32BE(array.value.length, 5);
  head[9] = array.code;
  return Buffer.concat([head, content]);
}

/** Elements carry no constructor of their own, so each must be written in exactly the array's form. */
function encodeElement(code: number, item: AmqpValue): Buffer {
  if (code === 0xb1 && item.type === "string") {
    const content = Buffer.from(item.value, "utf8");
    const size = Buffer.allocUnsafe(4);
    size.writeUInt32BE(content.length);
    return Buffer.concat([size, content]);
  }
  const encoded = encodeValue(item);
  if (encoded[0] !== code) {
    throw new TypeError(`an array of 0x${code.toString(16)} cannot hold a ${item.type}`);
  }
  return encoded.subarray(1);
}
