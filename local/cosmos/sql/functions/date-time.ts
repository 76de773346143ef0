import type { Value } from "../../json.ts";

/** Times are counted in ticks of 100 ns from the Unix epoch. */
export const TICKS_PER_MS = 10_000n;
/** From the first day of the year 1 to the Unix epoch. */
export const UNIX_EPOCH_TICKS = 621_355_968_000_000_000n;

export type Unit =
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "millisecond"
  | "microsecond"
  | "nanosecond";

const names: readonly (readonly [Unit, ...string[]])[] = [
  ["year", "yyyy", "yy"],
  ["month", "mm", "m"],
  ["day", "dd", "d"],
  ["hour", "hh"],
  ["minute", "mi", "n"],
  ["second", "ss", "s"],
  ["millisecond", "ms"],
  ["microsecond", "mcs"],
  ["nanosecond", "ns"],
];

const units: ReadonlyMap<string, Unit> = new Map(
  names.flatMap(([unit, ...short]) => [unit, ...short].map((name) => [name, unit] as const)),
);

export const unitOf = (name: Value): Unit | undefined =>
  typeof name === "string" ? units.get(name.toLowerCase()) : undefined;

const pattern = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.(\d{1,7}))?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** ISO 8601 to ticks; undefined for anything else. Without a zone it is UTC. */
export function readDateTime(text: Value): bigint | undefined {
  if (typeof text !== "string") return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const fraction = match[1];
  const whole = fraction === undefined ? text : text.replace(`.${fraction}`, "");
  const zoned = !whole.includes("T") || /(?:Z|[+-]\d\d:\d\d)$/.test(whole) ? whole : `${whole}Z`;
  const ms = Date.parse(zoned);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * TICKS_PER_MS + BigInt((fraction ?? "").padEnd(7, "0"));
}

const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_999;

/** `YYYY-MM-DDThh:mm:ss.fffffffZ`; undefined outside of the years 1 to 9999. */
export function writeDateTime(ticks: bigint): string | undefined {
  const perSecond = 1000n * TICKS_PER_MS;
  const fraction = ((ticks % perSecond) + perSecond) % perSecond;
  const ms = Number((ticks - fraction) / TICKS_PER_MS);
  if (ms < MIN_MS || ms > MAX_MS) return undefined;
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(fraction).padStart(7, "0")}Z`;
}
