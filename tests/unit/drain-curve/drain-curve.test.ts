import fc from "fast-check";
import { expect, test } from "vitest";
import { fourHours } from "../../../scripts/drain-curve/picture.ts";
import { drain } from "../../../scripts/drain-curve/simulate.ts";

const emptyAfter = (moments: ReturnType<typeof drain>): number | undefined =>
  moments.find(({ waiting }) => waiting < 1)?.minute;

test("one instance works off what it can, less what arrives: by hand", () => {
  const moments = drain({ ...fourHours, mostInstances: 1, arriving: 60, waiting: 45_000 }, 120);
  // 16 a second done, one a second arriving: 900 fewer a minute.
  const whole = moments.filter(({ minute }) => Number.isInteger(minute));
  expect(whole.slice(0, 3).map(({ waiting }) => waiting)).toEqual([45_000, 44_100, 43_200]);
  expect(emptyAfter(moments)).toBe(50);
});

test("with autoscale the backlog of four hours is gone within ten minutes, and the instances go again", () => {
  const moments = drain(fourHours, 120);
  expect(emptyAfter(moments)).toBeLessThanOrEqual(10);
  expect(Math.max(...moments.map(({ instances }) => instances))).toBe(fourHours.mostInstances);
});

test("more instances are never slower", () => {
  const instances = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(instances, instances, fc.integer({ min: 0, max: 50_000 }), (one, other, waiting) => {
      const [few, many] = [Math.min(one, other), Math.max(one, other)];
      const slow = emptyAfter(drain({ ...fourHours, waiting, mostInstances: few }, 240)) ?? 240;
      const fast = emptyAfter(drain({ ...fourHours, waiting, mostInstances: many }, 240)) ?? 240;
      expect(fast).toBeLessThanOrEqual(slow);
    }),
    { numRuns: 30 },
  );
});
