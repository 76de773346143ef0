import { NEVER } from "../limits.ts";

const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const DAY = 24 * 60 * 60 * 1000;
/** .NET's largest TimeSpan, which Service Bus uses for "without end"; anything near it means the same. */
const WITHOUT_END = 10_000_000 * DAY;

/**
 * Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds, the only form Service Bus
 * writes. Undefined when the text is none.
 */
export function parseDuration(value: string): number | undefined {
  const parts = pattern.exec(value);
  if (parts === null || value.length < 3) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const ms =
    (days ?? 0) * DAY +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    Math.round((seconds ?? 0) * 1000);
  return ms >= WITHOUT_END ? NEVER : ms;
}
