import { expect, test } from "vitest";
import { firesMoreThanOnceAMinute, parseSchedule } from "#local/functions-host/timer/schedule.ts";

const after = (schedule: string, from: string): string =>
  new Date(parseSchedule(schedule, "test").next(Date.parse(from))).toISOString();

test.for([
  ["0 */5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00.000Z"],
  ["0 */5 * * * *", "2026-01-01T00:04:59.999Z", "2026-01-01T00:05:00.000Z"],
  ["*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00.000Z"],
  ["30 15 10 * * *", "2026-01-01T10:15:30Z", "2026-01-02T10:15:30.000Z"],
  ["0 30 9 * * Mon-Fri", "2026-01-02T10:00:00Z", "2026-01-05T09:30:00.000Z"],
  ["0 0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ["0 0 12 1 Jan,jul *", "2026-01-01T12:00:00Z", "2026-07-01T12:00:00.000Z"],
  ["5/20 0 0 * * *", "2026-01-01T00:00:05Z", "2026-01-01T00:00:25.000Z"],
  ["0 0 0 13 * Fri", "2026-03-14T00:00:00Z", "2026-11-13T00:00:00.000Z"], // both day fields must fit
  ["0 59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00.000Z"],
  ["00:15:00", "2026-01-01T00:00:10Z", "2026-01-01T00:15:10.000Z"],
  ["1.00:00:00", "2026-01-01T00:00:10Z", "2026-01-02T00:00:10.000Z"],
] as const)("%s after %s is %s", ([schedule, from, expected]) => {
  expect(after(schedule, from)).toBe(expected);
});

test.for([
  "",
  "* * *",
  "60 * * * * *",
  "0 0 0 0 * *",
  "0 0 0 * * 7",
  "0 */0 * * * *",
  "a * * * * *",
  "0 0 0 30 2 *",
  "-00:01:00",
  "1-2-3 * * * * *",
])('"%s" is refused', (schedule) => {
  expect(() => parseSchedule(schedule, 'function "t"')).toThrow('function "t"');
});

const fast = (schedule: string): boolean => firesMoreThanOnceAMinute(parseSchedule(schedule, "t"), 0);

test("more than once a minute is noticed, once a minute is not", () => {
  expect(fast("*/30 * * * * *")).toBe(true);
  expect(fast("0,10 * * * * *")).toBe(true);
  expect(fast("0 * * * * *")).toBe(false);
  expect(fast("00:00:59")).toBe(true);
});
