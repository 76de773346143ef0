import { expect, test, vi } from "vitest";
import { ourFunctions, throwAndAbandon } from "../../prove/outage/drivers.ts";
import { FOUR_HOURS, simulate } from "../../prove/outage/simulate.ts";
import { registerFunctions } from "../../prove/outage/the-app.ts";

vi.mock("#shared/app.ts", () => import("../../prove/outage/app-of-instance.ts"));

/** The same six hours with a hundredth of the orders; `npm run prove` has all of them. */
const A_QUIET_DAY = { ...FOUR_HOURS, notifications: 1_000 };

test("a mail provider that is down for four hours is hardly called, and every mail arrives within half an hour of its return", async () => {
  const course = await simulate(A_QUIET_DAY, ourFunctions(await registerFunctions()));
  expect(course).toMatchObject({ delivered: 1_000, sentTwice: 0, deadLettered: 0, stillWaiting: 0 });
  expect(course.callsDuringOutage).toBeLessThan(1_000);
  expect(course.peakPerSecond).toBeLessThanOrEqual(A_QUIET_DAY.perSecondAfterwards);
  expect(course.drainedAfterMinutes).toBeLessThan(30);
}, 30_000);

test("the simulation can fail: throwing and abandoning loses two mails of three", async () => {
  const { deadLettered, delivered } = await simulate(A_QUIET_DAY, throwAndAbandon);
  expect(deadLettered).toBeGreaterThan(600);
  expect(delivered + deadLettered).toBe(1_000);
});
