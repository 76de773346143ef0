import type { Value } from "../../json.ts";
import { finite, fixed, type FunctionTable } from "./function.ts";
import {
  readDateTime,
  TICKS_PER_MS,
  UNIX_EPOCH_TICKS,
  unitOf,
  writeDateTime,
  type Unit,
} from "./date-time.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ticks of 100 ns; years and months have no fixed length. */
const ticksPerUnit: Readonly<Partial<Record<Unit, bigint>>> = {
  day: BigInt(DAY) * TICKS_PER_MS,
  hour: BigInt(HOUR) * TICKS_PER_MS,
  minute: BigInt(MINUTE) * TICKS_PER_MS,
  second: BigInt(SECOND) * TICKS_PER_MS,
  millisecond: TICKS_PER_MS,
  microsecond: 10n,
};

const toDate = (ticks: bigint): Date => new Date(Number(ticks / TICKS_PER_MS));

function add(part: Value, count: Value, text: Value): Value {
  const unit = unitOf(part);
  const ticks = readDateTime(text);
  if (unit === undefined || ticks === undefined || !Number.isSafeInteger(count)) return undefined;
  const number = Number(count);
  const length = ticksPerUnit[unit];
  if (length !== undefined) return writeDateTime(ticks + BigInt(number) * length);
  if (unit === "nanosecond") return writeDateTime(ticks + BigInt(number) / 100n);
  const date = toDate(ticks);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + (unit === "year" ? 12 * number : number));
  if (Number.isNaN(date.getTime())) return undefined;
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return writeDateTime(BigInt(date.getTime()) * TICKS_PER_MS + mod(ticks, TICKS_PER_MS));
}

const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;
const floorDivide = (value: bigint, by: bigint): bigint => (value - mod(value, by)) / by;

/** How many borders of the unit lie between two times. */
function difference(part: Value, from: Value, to: Value): Value {
  const unit = unitOf(part);
  const a = readDateTime(from);
  const b = readDateTime(to);
  if (unit === undefined || a === undefined || b === undefined) return undefined;
  if (unit === "nanosecond") return finite(Number((b - a) * 100n));
  const length = ticksPerUnit[unit];
  if (length !== undefined) return Number(floorDivide(b, length) - floorDivide(a, length));
  const years = toDate(b).getUTCFullYear() - toDate(a).getUTCFullYear();
  return unit === "year" ? years : 12 * years + toDate(b).getUTCMonth() - toDate(a).getUTCMonth();
}

function partOf(part: Value, text: Value): Value {
  const unit = unitOf(part);
  const ticks = readDateTime(text);
  if (unit === undefined || ticks === undefined) return undefined;
  const date = toDate(ticks);
  const fraction = Number(mod(ticks, BigInt(SECOND) * TICKS_PER_MS));
  const parts: Readonly<Record<Unit, number>> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: Math.floor(fraction / Number(TICKS_PER_MS)),
    microsecond: Math.floor(fraction / 10),
    nanosecond: fraction * 100,
  };
  return parts[unit];
}

/** The beginning of the bin of `size` units that a time falls into, counted from `origin`. */
function bin(
  text: Value,
  part: Value,
  size: Value = 1,
  origin: Value = "1970-01-01T00:00:00.0000000Z",
): Value {
  const ticks = readDateTime(text);
  const start = readDateTime(origin);
  const unit = unitOf(part);
  const length = unit === undefined ? undefined : ticksPerUnit[unit];
  if (ticks === undefined || start === undefined || length === undefined) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1) return undefined;
  return writeDateTime(start + floorDivide(ticks - start, length * BigInt(size)) * length * BigInt(size));
}

const two = (value: number): string => String(value).padStart(2, "0");

function fromParts(...values: readonly Value[]): Value {
  const numbers: number[] = [];
  for (const value of values) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return undefined;
    numbers.push(value);
  }
  const [year, month, day, hour = 0, minute = 0, second = 0, fraction = 0] = numbers;
  return canonical(
    `${String(year).padStart(4, "0")}-${two(month!)}-${two(day!)}T${two(hour)}:${two(minute)}:${two(second)}.${String(fraction).padStart(7, "0")}Z`,
  );
}

function canonical(text: string): Value {
  const ticks = readDateTime(text);
  return ticks === undefined ? undefined : writeDateTime(ticks);
}

const toTimestamp = (text: Value): Value => {
  const ticks = readDateTime(text);
  return ticks === undefined ? undefined : Number(floorDivide(ticks, TICKS_PER_MS));
};

/** Ticks since the year 1, as the service counts them; more than a JSON number holds exactly. */
const toTicks = (text: Value): Value => {
  const ticks = readDateTime(text);
  return ticks === undefined ? undefined : Number(ticks + UNIX_EPOCH_TICKS);
};

const fromTimestamp = (value: Value): Value =>
  typeof value === "number" && Number.isFinite(value)
    ? writeDateTime(BigInt(Math.trunc(value)) * TICKS_PER_MS)
    : undefined;

const fromTicks = (value: Value): Value =>
  typeof value === "number" && Number.isFinite(value)
    ? writeDateTime(BigInt(Math.trunc(value)) - UNIX_EPOCH_TICKS)
    : undefined;

export const dateFunctions: FunctionTable = {
  DATETIMEADD: fixed(3, add),
  DATETIMEBIN: { min: 2, max: 4, apply: bin },
  DATETIMEDIFF: fixed(3, difference),
  DATETIMEFROMPARTS: { min: 3, max: 7, apply: fromParts },
  DATETIMEPART: fixed(2, partOf),
  DATETIMETOTICKS: fixed(1, toTicks),
  DATETIMETOTIMESTAMP: fixed(1, toTimestamp),
  TICKSTODATETIME: fixed(1, fromTicks),
  TIMESTAMPTODATETIME: fixed(1, fromTimestamp),
};

const currentDateTime = (nowMs: number): Value => writeDateTime(BigInt(nowMs) * TICKS_PER_MS);
const currentTicks = (nowMs: number): Value => Number(BigInt(nowMs) * TICKS_PER_MS + UNIX_EPOCH_TICKS);
const currentTimestamp = (nowMs: number): Value => nowMs;

/** Functions of the time at which the query runs. */
export const clockFunctions: ReadonlyMap<string, (nowMs: number) => Value> = new Map([
  ["GETCURRENTDATETIME", currentDateTime],
  ["GETCURRENTDATETIMESTATIC", currentDateTime],
  ["GETCURRENTTICKS", currentTicks],
  ["GETCURRENTTICKSSTATIC", currentTicks],
  ["GETCURRENTTIMESTAMP", currentTimestamp],
  ["GETCURRENTTIMESTAMPSTATIC", currentTimestamp],
]);
