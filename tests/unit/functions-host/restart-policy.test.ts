import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { RestartPolicy } from "#local/functions-host/pool/restart-policy.ts";

test("three restarts are free, later ones wait longer and longer, but never give up", () => {
  const policy = new RestartPolicy(createHandClock(), 1);

  const delays = Array.from({ length: 10 }, () => policy.delayAfterCrashMs());

  expect(delays).toEqual([0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("each worker of a group brings its own free restarts, and half an hour forgives", async () => {
  const clock = createHandClock();
  const policy = new RestartPolicy(clock, 2);

  const six = Array.from({ length: 6 }, () => policy.delayAfterCrashMs());
  await clock.advance(30 * 60_000);

  expect(six).toEqual([0, 0, 0, 0, 0, 0]);
  expect(policy.delayAfterCrashMs()).toBe(0);
});
