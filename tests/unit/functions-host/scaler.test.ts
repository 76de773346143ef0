import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import type { Demand } from "#local/functions-host/scale/decide.ts";
import { type ScaledGroup, Scaler } from "#local/functions-host/scale/scaler.ts";

const SAMPLE_MS = 1000;

function useScaler() {
  const clock = createHandClock();
  const pace = { scaleInAfterMs: 60_000, toZeroAfterMs: 60_000 };
  const scaler = new Scaler({ pace, sampleMs: SAMPLE_MS, totalInstances: 9, clock, log: () => undefined });
  return { clock, scaler };
}

/** A group that counts how often it is looked at; the answer comes when the test says so. */
function group(limits = { min: 1, max: 3 }) {
  const looks: ((demands: Demand[]) => void)[] = [];
  const scaled: ScaledGroup = {
    name: "background",
    limits,
    size: 1,
    load: 0,
    demands: () => new Promise((resolve) => looks.push(resolve)),
    scaleTo: () => Promise.resolve(),
  };
  return { scaled, looks };
}

test("an app that is loaded again while it is looked at is still looked at once each time", async () => {
  const { clock, scaler } = useScaler();
  const [before, after] = [group(), group()];
  scaler.watch([before.scaled]);
  await clock.advance(SAMPLE_MS);

  scaler.watch([after.scaled]); // the look at the old one is not over
  before.looks[0]?.([]);
  await clock.advance(SAMPLE_MS);

  expect([before.looks.length, after.looks.length]).toEqual([1, 1]);
  expect(clock.pending).toBe(0); // the next look is planned when this one is over
});

test("where nothing can change nobody is looked at, also when that begins in the middle of a look", async () => {
  const { clock, scaler } = useScaler();
  const [before, after] = [group(), group({ min: 1, max: 1 })];
  scaler.watch([before.scaled]);
  await clock.advance(SAMPLE_MS);

  scaler.watch([after.scaled]);
  before.looks[0]?.([]);
  await clock.advance(10 * SAMPLE_MS);

  expect(after.looks).toEqual([]);
  expect(clock.pending).toBe(0);
});
