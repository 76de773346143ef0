/**
 * A mail provider that is down for four hours and then takes 60 mails a second: the app's real functions on ten simulated
 * instances in virtual time, and beside it what throwing and abandoning makes of the same day.
 */
import { ourFunctions, throwAndAbandon } from "./outage/drivers.ts";
import { type Course, FOUR_HOURS, simulate } from "./outage/simulate.ts";
import { registerFunctions } from "./outage/the-app.ts";
import { concludes } from "./support/verdict.ts";

const MOST_CALLS = 1_000;
const DRAINED_WITHIN_MINUTES = 30;
/** Bytes that all instances together may keep more at the end of the outage than before it. */
const FLAT = 4_000_000;

const { notifications, perSecondAfterwards } = FOUR_HOURS;

let startedAt = performance.now();
const baseline = await simulate(FOUR_HOURS, throwAndAbandon);
concludes("four-hour outage, baseline: throw and abandon", startedAt, [
  ["notifications", notifications, undefined],
  ["calls to the provider while it was down", baseline.callsDuringOutage, undefined],
  ["dead letters", baseline.deadLettered, (count) => count > 0],
  ["delivered", baseline.delivered, undefined],
]);

startedAt = performance.now();
const registry = await registerFunctions();
const course: Course = await simulate(FOUR_HOURS, ourFunctions(registry));
const grown = course.keptAtItsEnd - course.keptBefore;
concludes("four-hour outage, ten instances of Expedite", startedAt, [
  ["notifications", notifications, undefined],
  ["calls to the provider while it was down", course.callsDuringOutage, (count) => count < MOST_CALLS],
  ["calls it refused by its rate afterwards (429)", course.refusedByRate, undefined],
  ["most calls in any second afterwards", course.peakPerSecond, (count) => count <= perSecondAfterwards],
  ["dead letters", course.deadLettered, 0],
  ["delivered", course.delivered, notifications],
  ["delivered twice", course.sentTwice, 0],
  ["messages still waiting", course.stillWaiting, 0],
  [
    "minutes until the backlog was delivered",
    Math.round(course.drainedAfterMinutes * 10) / 10,
    (minutes) => minutes < DRAINED_WITHIN_MINUTES,
  ],
  ["kilobytes that instances kept before the outage", Math.round(course.keptBefore / 1000), undefined],
  ["kilobytes that they kept at its end", Math.round(course.keptAtItsEnd / 1000), () => grown < FLAT],
]);
