import { HostRefusal } from "../refusal.ts";

interface Field {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Names for the values from `low` on. */
  readonly names?: readonly string[];
}

const MONTHS = "january february march april may june july august september october november december".split(
  " ",
);
const DAYS = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

const FIELDS: readonly Field[] = [
  { name: "second", low: 0, high: 59 },
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day", low: 1, high: 31 },
  { name: "month", low: 1, high: 12, names: MONTHS },
  { name: "day of week", low: 0, high: 6, names: DAYS },
];

/** Beyond this no day will ever fit (the rarest, 29 February on a given weekday, comes back within 40 years). */
const SEARCH_DAYS = 366 * 41;
const DAY_MS = 86_400_000;

/** A parsed schedule; the next occurrence is always strictly after `afterMs`, in UTC as on Azure. */
export interface Schedule {
  /** @returns milliseconds since the epoch. */
  next(afterMs: number): number;
  readonly adjustForDst: boolean;
}

/**
 * Parses an NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day of week}`, or five fields without
 * the second. Day and day of week must both fit (unlike Unix cron). Lists, ranges, steps and names are allowed.
 */
export function parseNcrontab(text: string, where: string): Schedule {
  const words = text.trim().split(/\s+/);
  if (words.length === 5) words.unshift("0");
  if (words.length !== 6) {
    throw new HostRefusal(
      "function-invalid",
      `${where}: "${text}" is neither a cron expression nor a time span`,
    );
  }
  const values = (index: number): number[] => {
    const field = FIELDS[index];
    return field === undefined ? [] : parseField(words[index] ?? "", field, `${where}, schedule "${text}"`);
  };
  const [seconds, minutes, hours] = [values(0), values(1), values(2)];
  const [days, months, weekdays] = [values(3), values(4), values(5)];
  const fitsDay = (date: Date): boolean =>
    months.includes(date.getUTCMonth() + 1) &&
    days.includes(date.getUTCDate()) &&
    weekdays.includes(date.getUTCDay());

  const next = (afterMs: number): number => {
    const start = Math.floor(afterMs / 1000) * 1000 + 1000;
    const firstDay = Math.floor(start / DAY_MS) * DAY_MS;
    for (let offset = 0; offset < SEARCH_DAYS; offset += 1) {
      const day = firstDay + offset * DAY_MS;
      if (!fitsDay(new Date(day))) continue;
      const second = firstSecondOfDay((Math.max(start, day) - day) / 1000, hours, minutes, seconds);
      if (second !== undefined) return day + second * 1000;
    }
    throw new HostRefusal("function-invalid", `${where}: schedule "${text}" never occurs`);
  };
  next(0); // one that never occurs is noticed at start
  return { next, adjustForDst: true };
}

/** @returns the first second of a day, not before `from`, that fits all three lists. */
function firstSecondOfDay(
  from: number,
  hours: readonly number[],
  minutes: readonly number[],
  seconds: readonly number[],
): number | undefined {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      const base = hour * 3600 + minute * 60;
      if (base + 59 < from) continue;
      const second = seconds.find((each) => base + each >= from);
      if (second !== undefined) return base + second;
    }
  }
  return undefined;
}

function parseField(text: string, field: Field, where: string): number[] {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [start, end, step] = parsePart(part, field, where);
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

/** `*`, `a`, `a-b`, each optionally with `/step`; `a/step` runs to the end of the field. */
function parsePart(part: string, field: Field, where: string): [start: number, end: number, step: number] {
  const fail = (): never => {
    throw new HostRefusal("function-invalid", `${where}: cannot read "${part}" as ${field.name}`);
  };
  const [range = "", stepText, ...rest] = part.split("/");
  const step = stepText === undefined ? 1 : Number(stepText);
  if (rest.length > 0 || !Number.isInteger(step) || step < 1) fail();
  if (range === "*") return [field.low, field.high, step];
  const ends = range.split("-").map((word) => parseValue(word, field) ?? fail());
  const [first, second] = ends;
  if (first === undefined || ends.length > 2) return fail();
  if (second === undefined) return [first, stepText === undefined ? first : field.high, step];
  return [Math.min(first, second), Math.max(first, second), step];
}

function parseValue(word: string, field: Field): number | undefined {
  if (/^\d+$/.test(word)) {
    const value = Number(word);
    return value >= field.low && value <= field.high ? value : undefined;
  }
  if (field.names === undefined || word.length < 3) return undefined;
  const index = field.names.findIndex((name) => name.startsWith(word.toLowerCase()));
  return index < 0 ? undefined : field.low + index;
}
