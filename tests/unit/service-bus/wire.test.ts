import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeValue, MalformedAmqp, skipValue } from "#local/service-bus/wire/decode.ts";
import { encodeValue } from "#local/service-bus/wire/encode.ts";
import { splitSections } from "#local/service-bus/wire/sections.ts";
import type { AmqpValue } from "#local/service-bus/wire/values.ts";

const number = (type: "ubyte" | "ushort" | "uint" | "byte" | "short" | "int", min: number, max: number) =>
  fc.integer({ min, max }).map((value): AmqpValue => ({ type, value }));
const bytes = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((raw) => Buffer.from(raw));

const scalar: fc.Arbitrary<AmqpValue> = fc.oneof(
  fc.constant<AmqpValue>({ type: "null" }),
  fc.boolean().map((value): AmqpValue => ({ type: "boolean", value })),
  number("ubyte", 0, 255),
  number("ushort", 0, 65535),
  number("uint", 0, 0xffffffff),
  number("byte", -128, 127),
  number("short", -32768, 32767),
  number("int", -(2 ** 31), 2 ** 31 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): AmqpValue => ({ type: "ulong", value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): AmqpValue => ({ type: "long", value })),
  fc.double({ noNaN: true }).map((value): AmqpValue => ({ type: "double", value })),
  fc.maxSafeInteger().map((value): AmqpValue => ({ type: "timestamp", value })),
  fc.string({ unit: "grapheme", maxLength: 400 }).map((value): AmqpValue => ({ type: "string", value })),
  fc.string({ maxLength: 300 }).map((value): AmqpValue => ({ type: "symbol", value })),
  bytes(16).map((value): AmqpValue => ({ type: "uuid", value })),
  fc.uint8Array({ maxLength: 300 }).map((raw): AmqpValue => ({ type: "binary", value: Buffer.from(raw) })),
);

const { value: anyValue } = fc.letrec<{ value: AmqpValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 5 }).map((value): AmqpValue => ({ type: "list", value })),
    fc
      .array(fc.tuple(scalar, tie("value")), { maxLength: 5 })
      .map((value): AmqpValue => ({ type: "map", value })),
    fc
      .tuple(scalar, tie("value"))
      .map(([descriptor, value]): AmqpValue => ({ type: "described", descriptor, value })),
  ),
}));

test("every value comes back from its encoding with its type", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const encoded = encodeValue(value);
      expect(decodeValue(encoded)).toEqual([value, encoded.length]);
      expect(skipValue(encoded, 0)).toBe(encoded.length);
    }),
  );
});

test("arrays of one type come back, empty ones too", () => {
  for (const value of [[], [1n, -5n, 2n ** 60n]]) {
    const array: AmqpValue = {
      type: "array",
      code: 0x81,
      value: value.map((one): AmqpValue => ({ type: "long", value: one })),
    };
    expect(decodeValue(encodeValue(array))[0]).toEqual(array);
  }
});

/** True when the work was done or refused as malformed; any other error passes. */
function isOrderly(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof MalformedAmqp) return true;
    throw error;
  }
}

test("any bytes are decoded or refused as malformed, never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
      expect(isOrderly(() => decodeValue(Buffer.from(raw)))).toBe(true);
      expect(isOrderly(() => splitSections(Buffer.from(raw)))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("a damaged encoding is decoded or refused as malformed, never anything else", () => {
  fc.assert(
    fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (value, at, byte, cut) => {
      const encoded = encodeValue(value);
      encoded[at % encoded.length] = byte;
      expect(isOrderly(() => decodeValue(encoded.subarray(0, cut % (encoded.length + 1))))).toBe(true);
      expect(isOrderly(() => decodeValue(encoded))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("nesting without end is refused", () => {
  const deep = Buffer.alloc(100_000);
  expect(isOrderly(() => decodeValue(deep))).toBe(true);
  expect(() => skipValue(deep, 0)).toThrow(MalformedAmqp);
});
