import { parseDuration } from "../broker/duration.ts";
import { BrokerError } from "../errors.ts";
import { type AmqpValue, binary, text, timestamp, uuid } from "../wire/values.ts";
import { timespan, timespanMs } from "./timespan.ts";

/** The types of values in rules, by their XML Schema names, which the administration protocol uses. */
export type PropertyType = keyof typeof readers;

/** A value in a correlation filter or a parameter of a SQL expression. */
export interface TypedValue {
  readonly type: PropertyType;
  /** As it is written in XML. */
  readonly value: string;
}

type Reader = (value: string) => AmqpValue | undefined;

const whole =
  (type: "byte" | "ubyte" | "short" | "ushort" | "int" | "uint", min: number, max: number): Reader =>
  (value) => {
    const number = /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? { type, value: number } : undefined;
  };

const wide =
  (type: "long" | "ulong", min: bigint, max: bigint): Reader =>
  (value) => {
    if (!/^[+-]?\d+$/.test(value.trim())) return undefined;
    const number = BigInt(value.trim().replace(/^\+/, ""));
    return number >= min && number <= max ? { type, value: number } : undefined;
  };

const special: Readonly<Record<string, number>> = { INF: Infinity, "-INF": -Infinity, NaN: Number.NaN };

const floating =
  (type: "float" | "double"): Reader =>
  (value) => {
    const number = special[value.trim()] ?? (value.trim() === "" ? Number.NaN : Number(value));
    return Number.isNaN(number) && value.trim() !== "NaN" ? undefined : { type, value: number };
  };

const flags: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/** .NET's TimeSpan reaches no further. */
const LONGEST_MS = 922_337_203_685_477;

const readers = {
  byte: whole("byte", -128, 127),
  unsignedByte: whole("ubyte", 0, 255),
  short: whole("short", -32_768, 32_767),
  unsignedShort: whole("ushort", 0, 65_535),
  int: whole("int", -(2 ** 31), 2 ** 31 - 1),
  unsignedInt: whole("uint", 0, 2 ** 32 - 1),
  long: wide("long", -(2n ** 63n), 2n ** 63n - 1n),
  unsignedLong: wide("ulong", 0n, 2n ** 64n - 1n),
  float: floating("float"),
  double: floating("double"),
  /** Compared as a double, like the decimal constants of SQL expressions. */
  decimal: floating("double"),
  string: (value) => text(value),
  char: (value) => ({ type: "char", value: value.codePointAt(0) ?? 0 }),
  boolean: (value) => {
    const flag = flags[value.trim().toLowerCase()];
    return flag === undefined ? undefined : { type: "boolean", value: flag };
  },
  dateTime: (value) => {
    const time = Date.parse(value);
    return Number.isNaN(time) ? undefined : timestamp(time);
  },
  duration: (value) => {
    const ms = parseDuration(value.trim());
    return ms === undefined ? undefined : timespan(Math.min(ms, LONGEST_MS));
  },
  guid: (value) => {
    const hex = value.trim().replaceAll(/[{}-]/g, "");
    return /^[0-9a-f]{32}$/i.test(hex) ? uuid(Buffer.from(hex, "hex")) : undefined;
  },
  base64Binary: (value) => binary(Buffer.from(value, "base64")),
} as const satisfies Readonly<Record<string, Reader>>;

/** @throws BrokerError (invalid) naming a type that rules do not know, or a text that is none of its type */
export function typedValue(type: string, value: string): TypedValue {
  if (!isPropertyType(type)) {
    throw new BrokerError("invalid", `A rule cannot hold values of the type '${type}'.`);
  }
  if (readers[type](value) === undefined) {
    throw new BrokerError("invalid", `'${value}' is not of the type ${type}.`);
  }
  return { type, value };
}

const isPropertyType = (type: string): type is PropertyType => Object.hasOwn(readers, type);

export function toAmqp({ type, value }: TypedValue): AmqpValue {
  const read = readers[type](value);
  if (read === undefined) throw new BrokerError("internal", `a stored ${type} is '${value}'`);
  return read;
}

/** @throws BrokerError (invalid) for an AMQP type that no filter can hold */
export function fromAmqp(value: AmqpValue): TypedValue {
  switch (value.type) {
    case "string":
    case "symbol":
      return { type: "string", value: value.value };
    case "float":
    case "double":
      return { type: value.type, value: doubleText(value.value) };
    case "timestamp":
      return typedValue("dateTime", timeText(value.value));
    case "uuid":
      return { type: "guid", value: value.value.toString("hex") };
    case "binary":
      return { type: "base64Binary", value: value.value.toString("base64") };
    case "char":
      return { type: "char", value: String.fromCodePoint(Math.min(value.value, 0x10ffff)) };
    case "described":
      return fromDescribed(value);
    default:
      return fromPlain(value);
  }
}

function fromDescribed(value: AmqpValue): TypedValue {
  const ms = timespanMs(value);
  if (ms === undefined || ms < 0)
    throw new BrokerError("invalid", "A rule cannot hold described values other than spans of time.");
  return typedValue("duration", `PT${(ms / 1000).toFixed(7)}S`);
}

/** Flags and integers, whose text is their value. */
function fromPlain(value: AmqpValue): TypedValue {
  if (value.type === "boolean") return { type: "boolean", value: String(value.value) };
  const type = integerTypes.get(value.type);
  if (type === undefined || !("value" in value) || typeof value.value === "object") {
    throw new BrokerError("invalid", `A rule cannot hold values of the AMQP type ${value.type}.`);
  }
  return { type, value: String(value.value) };
}

const integerTypes: ReadonlyMap<string, PropertyType> = new Map([
  ["byte", "byte"],
  ["ubyte", "unsignedByte"],
  ["short", "short"],
  ["ushort", "unsignedShort"],
  ["int", "int"],
  ["uint", "unsignedInt"],
  ["long", "long"],
  ["ulong", "unsignedLong"],
]);

const doubleText = (value: number): string => {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "INF" : "-INF";
};

function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
