import { parseTimeSpan } from "../duration.ts";
import { HostRefusal } from "../refusal.ts";
import { parseNcrontab, type Schedule } from "./ncrontab.ts";

export type { Schedule } from "./ncrontab.ts";

/** A cron expression, or a time span for a constant interval. */
export function parseSchedule(text: string, where: string): Schedule {
  const intervalMs = parseTimeSpan(text);
  if (intervalMs === undefined) return parseNcrontab(text, where);
  if (intervalMs <= 0)
    throw new HostRefusal("function-invalid", `${where}: the interval "${text}" is not positive`);
  return { next: (afterMs) => afterMs + intervalMs, adjustForDst: false };
}

const MINUTE = 60_000;
const OCCURRENCES_LOOKED_AT = 5;

/** Azure keeps no status for a schedule that fires more than once a minute. */
export function firesMoreThanOnceAMinute(schedule: Schedule, nowMs: number): boolean {
  let at = schedule.next(nowMs);
  for (let count = 1; count < OCCURRENCES_LOOKED_AT; count += 1) {
    const next = schedule.next(at);
    if (next - at < MINUTE) return true;
    at = next;
  }
  return false;
}
