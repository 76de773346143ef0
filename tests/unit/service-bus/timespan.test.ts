import fc from "fast-check";
import { expect, test } from "vitest";
import { timespan, timespanMs, timespanText } from "#local/service-bus/rules/timespan.ts";
import { fromAmqp, toAmqp, typedValue } from "#local/service-bus/rules/typed-value.ts";
import { text } from "#local/service-bus/wire/values.ts";

const DAY = 86_400_000;

test("a span of time is written as .NET writes it", () => {
  expect(timespanText(90_000)).toBe("00:01:30");
  expect(timespanText(-1.5)).toBe("-00:00:00.0015000");
  expect(timespanText(12 * DAY + 3_600_000)).toBe("12.01:00:00");
});

test("a span of time survives its encoding and the store of rules, to the millisecond", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 * DAY }), (ms) => {
      expect(timespanMs(timespan(ms))).toBe(ms);
      expect(timespanMs(toAmqp(fromAmqp(timespan(ms))))).toBe(ms);
    }),
  );
  expect(timespanMs(timespan(-5))).toBe(-5);
  expect(timespanMs(text("PT1S"))).toBeUndefined();
});

test("a span without end, and what is none", () => {
  expect(timespanMs(toAmqp(typedValue("duration", "P10675199DT2H48M5.4775807S")))).toBeGreaterThan(
    DAY * 10_000_000,
  );
  expect(() => typedValue("duration", "a minute")).toThrow(/'a minute' is not of the type duration/);
  expect(() => fromAmqp({ type: "described", descriptor: text("x"), value: text("y") })).toThrow(/described/);
});
