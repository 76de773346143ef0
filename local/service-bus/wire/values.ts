/**
 * AMQP 1.0 values with their types kept. The broker reads few values and hands most of them on, so what a
 * publisher sent as `int` must leave as `int`.
 */
export type AmqpValue =
  | { readonly type: "null" }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: "ulong" | "long"; readonly value: bigint }
  | { readonly type: "string" | "symbol"; readonly value: string }
  | { readonly type: "binary" | "uuid" | "decimal32" | "decimal64" | "decimal128"; readonly value: Buffer }
  | AmqpList
  | AmqpArray
  | AmqpMap
  | { readonly type: "described"; readonly descriptor: AmqpValue; readonly value: AmqpValue };

/** `timestamp` counts milliseconds since the Unix epoch; `char` is a code point. */
export type NumberType =
  | "ubyte"
  | "ushort"
  | "uint"
  | "byte"
  | "short"
  | "int"
  | "float"
  | "double"
  | "char"
  | "timestamp";

interface AmqpList {
  readonly type: "list";
  readonly value: readonly AmqpValue[];
}

export interface AmqpArray {
  readonly type: "array";
  /** The one type of all elements, as an AMQP constructor byte; needed to write an empty array. */
  readonly code: number;
  readonly value: readonly AmqpValue[];
}

export interface AmqpMap {
  readonly type: "map";
  readonly value: readonly (readonly [key: AmqpValue, value: AmqpValue])[];
}

export const nothing: AmqpValue = { type: "null" };
export const text = (value: string): AmqpValue => ({ type: "string", value });
export const symbol = (value: string): AmqpValue => ({ type: "symbol", value });
export const int = (value: number): AmqpValue => ({ type: "int", value });
export const long = (value: number | bigint): AmqpValue => ({ type: "long", value: BigInt(value) });
export const timestamp = (value: number): AmqpValue => ({ type: "timestamp", value });
export const binary = (value: Buffer): AmqpValue => ({ type: "binary", value });
export const uuid = (value: Buffer): AmqpValue => ({ type: "uuid", value });
export const list = (value: readonly AmqpValue[]): AmqpValue => ({ type: "list", value });
export const mapOf = (entries: Readonly<Record<string, AmqpValue>>): AmqpMap => ({
  type: "map",
  value: Object.entries(entries).map(([key, value]) => [text(key), value] as const),
});

/** The constructor bytes of the array element types that Service Bus uses. */
const elementCode = { uuid: 0x98, long: 0x81, timestamp: 0x83, string: 0xb1 } as const;

export const arrayOf = (element: keyof typeof elementCode, value: readonly AmqpValue[]): AmqpArray => ({
  type: "array",
  code: elementCode[element],
  value,
});

/** The value under a string or symbol key, or undefined when it is absent or null. */
export function entryOf(map: AmqpMap, key: string): AmqpValue | undefined {
  for (const [name, value] of map.value) {
    if ((name.type === "string" || name.type === "symbol") && name.value === key) {
      return value.type === "null" ? undefined : value;
    }
  }
  return undefined;
}

/** The text of a string or symbol; undefined for anything else. */
export function textOf(value: AmqpValue | undefined): string | undefined {
  return value?.type === "string" || value?.type === "symbol" ? value.value : undefined;
}

/** The number in any integer type; undefined for anything else and for what a double cannot hold exactly. */
export function integerOf(value: AmqpValue | undefined): number | undefined {
  if (value === undefined || !("value" in value)) return undefined;
  const number = typeof value.value === "bigint" ? Number(value.value) : value.value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
