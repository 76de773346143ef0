import type { AmqpValue } from "../../wire/values.ts";
import { timespanMs, timespanText } from "../timespan.ts";
import type { ArithmeticOperator, ComparisonOperator } from "./syntax.ts";

/**
 * What an expression evaluates to: integers as 64-bit `bigint`, all other numbers as double. `undefined` is SQL's
 * unknown: a property that is absent or null.
 */
export type SqlValue =
  | string
  | boolean
  | bigint
  | number
  | { readonly guid: string }
  /** Milliseconds since the epoch. */
  | { readonly time: number }
  /** Milliseconds. */
  | { readonly duration: number }
  | { readonly hex: string }
  | undefined;

/** An expression that has no value for this message: the rule fails, and its message may be dead-lettered. */
export class EvaluationFault extends Error {
  override readonly name = "EvaluationFault";
}

/** Concatenation stops here, so that no rule can build texts without end. */
const MAX_TEXT = 256 * 1024;

/** @throws EvaluationFault for what rules cannot compare: decimals, lists, maps */
export function sqlValueOf(value: AmqpValue): SqlValue {
  if (value.type === "null") return undefined;
  if (value.type === "char") return String.fromCodePoint(Math.min(value.value, 0x10ffff));
  if (value.type === "timestamp") return { time: value.value };
  if (value.type === "uuid") return { guid: dashed(value.value.toString("hex")) };
  if (value.type === "binary") return { hex: value.value.toString("hex") };
  if (value.type === "float" || value.type === "double") return value.value;
  const duration = timespanMs(value);
  if (duration !== undefined) return { duration };
  if (value.type === "described" || typeof value.value === "object") {
    throw new EvaluationFault(`A property of the AMQP type ${value.type} cannot be used in a rule.`);
  }
  // What is left are texts, flags and integers of all widths.
  return typeof value.value === "number" ? BigInt(value.value) : value.value;
}

const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

type Known = Exclude<SqlValue, undefined>;

/** True or false, or unknown when a side is unknown. @throws EvaluationFault when C# knows no such operator */
export function compare(operator: ComparisonOperator, left: SqlValue, right: SqlValue): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case "=":
      return areEqual(left, right);
    case "<>":
      return !areEqual(left, right);
    case "<":
      return order(operator, left, right) < 0;
    case "<=":
      return order(operator, left, right) <= 0;
    case ">":
      return order(operator, left, right) > 0;
    default:
      return order(operator, left, right) >= 0;
  }
}

function areEqual(left: Known, right: Known): boolean {
  if (isNumber(left) && isNumber(right)) return order("=", left, right) === 0;
  if (kindOf(left) !== kindOf(right)) throw noOperator("=", left, right);
  return textOf(left) === textOf(right);
}

/** Below, above or equal to zero; NaN when a number is none. Texts compare by code unit. */
function order(operator: string, left: Known, right: Known): number {
  if (typeof left === "bigint" && typeof right === "bigint") return sign(left, right);
  // As in C#, an integer beside a double becomes one.
  if (isNumber(left) && isNumber(right)) return doubles(Number(left), Number(right));
  if (typeof left === "string" && typeof right === "string") return sign(left, right);
  if (isTime(left) && isTime(right)) return sign(left.time, right.time);
  if (isDuration(left) && isDuration(right)) return sign(left.duration, right.duration);
  throw noOperator(operator, left, right);
}

const doubles = (left: number, right: number): number =>
  Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : sign(left, right);

const sign = <T extends number | bigint | string>(left: T, right: T): number =>
  left < right ? -1 : Number(left > right);

/**
 * C#'s arithmetic: 64-bit integers wrap round and divide without a rest, a double beside an integer makes both
 * doubles, and `+` beside a text joins texts. Unknown when a side is unknown.
 * @throws EvaluationFault for other operands and for a division by the integer zero
 */
export function calculate(operator: ArithmeticOperator, left: SqlValue, right: SqlValue): SqlValue {
  if (left === undefined || right === undefined) return undefined;
  if (typeof left === "bigint" && typeof right === "bigint") return integers(operator, left, right);
  if (isNumber(left) && isNumber(right)) return doubleOperators[operator](Number(left), Number(right));
  const instant = instants(operator, left, right);
  if (instant !== undefined) return instant;
  if (operator !== "+" || (typeof left !== "string" && typeof right !== "string")) {
    throw noOperator(operator, left, right);
  }
  const joined = textOf(left) + textOf(right);
  if (joined.length > MAX_TEXT) throw new EvaluationFault("A text became too long.");
  return joined;
}

/** What C# can do with times and durations. */
function instants(operator: ArithmeticOperator, left: Known, right: Known): SqlValue {
  if (operator !== "+" && operator !== "-") return undefined;
  const factor = operator === "+" ? 1 : -1;
  if (isTime(left) && isDuration(right)) return { time: left.time + factor * right.duration };
  if (isDuration(left) && isDuration(right)) return { duration: left.duration + factor * right.duration };
  return operator === "-" && isTime(left) && isTime(right) ? { duration: left.time - right.time } : undefined;
}

function integers(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  if (right === 0n && (operator === "/" || operator === "%")) {
    throw new EvaluationFault("An integer was divided by zero.");
  }
  return BigInt.asIntN(64, integerOperators[operator](left, right));
}

const integerOperators: Readonly<Record<ArithmeticOperator, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

const doubleOperators: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

/** A unary plus or minus. @throws EvaluationFault for anything but a number */
export function signed(operator: "+" | "-", value: SqlValue): SqlValue {
  if (value === undefined) return undefined;
  if (!isNumber(value)) throw new EvaluationFault(`There is no ${operator} for a ${kindOf(value)}.`);
  if (operator === "+") return value;
  return typeof value === "bigint" ? BigInt.asIntN(64, -value) : -value;
}

/** A value as text: as it is joined to one, or written into a text property. */
export function textOf(value: Known): string {
  if (typeof value !== "object") return String(value);
  if ("guid" in value) return value.guid;
  if ("duration" in value) return timespanText(value.duration);
  return "time" in value ? timeText(value.time) : value.hex;
}

/** Beyond the years that a Date can hold, the number says as much. */
const timeText = (time: number): string =>
  Number.isNaN(new Date(time).getTime()) ? String(time) : new Date(time).toISOString();

export const isNumber = (value: Known): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

const isTime = (value: Known): value is { readonly time: number } =>
  typeof value === "object" && "time" in value;

const isDuration = (value: Known): value is { readonly duration: number } =>
  typeof value === "object" && "duration" in value;

/** Numbers are one kind: they compare by value. */
export function kindOf(value: Known): string {
  if (isNumber(value)) return "number";
  if (typeof value !== "object") return typeof value;
  if ("guid" in value) return "guid";
  if ("duration" in value) return "duration";
  return "time" in value ? "time" : "binary";
}

const noOperator = (operator: string, left: Known, right: Known): EvaluationFault =>
  new EvaluationFault(`There is no '${operator}' between a ${kindOf(left)} and a ${kindOf(right)}.`);
