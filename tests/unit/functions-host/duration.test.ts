import { expect, test } from "vitest";
import { parseTimeSpan } from "#local/functions-host/duration.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

test.for([
  ["01:30", 1.5 * HOUR],
  ["00:00:30", 30 * SECOND],
  ["23:59:59", DAY - SECOND],
  ["1.00:00:00", DAY],
  ["1.02:03", DAY + 2 * HOUR + 180 * SECOND],
  ["00:00:00.25", 250],
  ["-00:00:00.0010000", -1],
  ["25:00:00:00", 25 * DAY],
  ["1:02:03:04", DAY + 2 * HOUR + 184 * SECOND],
] as const)("%s is read as .NET reads it", ([text, ms]) => {
  expect(parseTimeSpan(text)).toBe(ms);
});

test('"24:00:00" is 24 days, not a day: from 24 on the first number counts days', () => {
  expect(parseTimeSpan("24:00:00")).toBe(24 * DAY);
  expect(parseTimeSpan("48:12:30")).toBe(48 * DAY + 12.5 * HOUR);
});

test.for([
  "",
  "5",
  "24:00",
  "00:60:00",
  "00:00:60",
  "1.24:00:00",
  "1:24:00:00",
  "1.1:00:00:00",
  "1:2:3:4:5",
  "a:b",
  "00:00:00.",
  "30s",
])('"%s" is none', (text) => {
  expect(parseTimeSpan(text)).toBeUndefined();
});
