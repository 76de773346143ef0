import { expect, test } from "vitest";
import { createHandClock, type HandClock } from "#local/clock/hand-clock.ts";
import { eventually, type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const HOUR = 3_600_000;

const timerApp = (options: string, body = ""): Promise<string> =>
  useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      app.timer("tick", { ${options}, handler: async (timer, context) => {
        context.log(JSON.stringify(timer));
        ${body}
      } });`,
  });

interface Run {
  readonly isPastDue: boolean;
  readonly schedule: { readonly adjustForDST: boolean };
  readonly scheduleStatus: {
    readonly last: string;
    readonly next: string;
    readonly lastUpdated: string;
  } | null;
}

const runs = (host: HostUnderTest): Run[] =>
  host.lines
    .filter(({ event }) => event === "function log")
    .map(({ facts }): Run => JSON.parse(String(facts["message"])));

/** Moves the clock and waits, in real time, for the worker to have run `count` times in all. */
async function advanceUntil(clock: HandClock, ms: number, host: HostUnderTest, count: number): Promise<void> {
  await clock.advance(ms);
  await eventually(() => (runs(host).length >= count ? true : undefined));
  await eventually(() => (clock.pending > 0 ? true : undefined)); // the next occurrence is armed
}

test("a timer runs at each occurrence and knows the last and the next", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const host = await useHost({ appRoot: await timerApp('schedule: "0 0 * * * *"'), clock });

  await advanceUntil(clock, HOUR, host, 1);
  await advanceUntil(clock, HOUR, host, 2);

  expect(runs(host)).toEqual([
    {
      isPastDue: false,
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: "0001-01-01T00:00:00+00:00",
        next: "2026-01-01T01:00:00.000Z",
        lastUpdated: "2026-01-01T00:30:00.000Z",
      },
    },
    {
      isPastDue: false,
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: "2026-01-01T01:00:00.000Z",
        next: "2026-01-01T02:00:00.000Z",
        lastUpdated: "2026-01-01T01:00:00.000Z",
      },
    },
  ]);
});

test("occurrences missed while the host was down become one run that is past due", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const dataFolder = await useFolder();
  const appRoot = await timerApp('schedule: "0 0 * * * *"');
  const first = await useHost({ appRoot, clock, dataFolder });
  await first.stop();
  await clock.advance(5 * HOUR);

  const second = await useHost({ appRoot, clock, dataFolder });
  await eventually(() => (runs(second).length > 0 ? true : undefined));
  await eventually(() => (clock.pending > 0 ? true : undefined));

  expect(runs(second).map(({ isPastDue }) => isPastDue)).toEqual([true]);
  await advanceUntil(clock, HOUR, second, 2);
  expect(runs(second).map(({ isPastDue }) => isPastDue)).toEqual([true, false]);
});

test("a schedule that was changed counts from the last run on", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const dataFolder = await useFolder();
  const settings = (WHEN: string) => ({ settings: { WHEN }, clock, dataFolder });
  const appRoot = await timerApp('schedule: "%WHEN%"');
  const first = await useHost({ appRoot, ...settings("0 0 * * * *") });
  await advanceUntil(clock, HOUR, first, 1);
  await first.stop();

  const second = await useHost({ appRoot, ...settings("0 45 * * * *") });
  await advanceUntil(clock, HOUR / 2, second, 1);

  expect(runs(second)[0]?.scheduleStatus).toMatchObject({
    last: "2026-01-01T01:00:00.000Z",
    next: "2026-01-01T01:45:00.000Z",
  });
});

test("a failed run is no reason to stop: the next occurrence runs", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1));
  const host = await useHost({
    appRoot: await timerApp('schedule: "0 0 * * * *"', 'throw new Error("no");'),
    clock,
  });

  await advanceUntil(clock, HOUR, host, 1);
  await advanceUntil(clock, HOUR, host, 2);

  expect(runs(host)).toHaveLength(2);
});

test("runs never overlap: what falls due meanwhile is skipped", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1));
  const body = "await new Promise((resolve) => setTimeout(resolve, 300));";
  const host = await useHost({ appRoot: await timerApp('schedule: "0 0 * * * *"', body), clock });

  await clock.advance(3 * HOUR + 1);
  await eventually(() => (runs(host).length >= 1 ? true : undefined));
  await eventually(() => (clock.pending > 0 ? true : undefined));

  expect(runs(host)).toHaveLength(1);
});

test("a schedule from a setting, faster than once a minute, has no status", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1));
  const host = await useHost({
    appRoot: await timerApp('schedule: "%EVERY%"'),
    clock,
    settings: { EVERY: "00:00:05" },
  });

  await advanceUntil(clock, 5000, host, 1);

  expect(runs(host)).toEqual([{ isPastDue: false, schedule: { adjustForDST: false }, scheduleStatus: null }]);
});

test("without useMonitor a timer has no status, and what was missed is forgotten", async () => {
  const dataFolder = await useFolder();
  const appRoot = await timerApp('schedule: "0 0 * * * *", useMonitor: false');
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const first = await useHost({ appRoot, clock, dataFolder });
  await first.stop();
  await clock.advance(3 * HOUR);
  const second = await useHost({ appRoot, clock, dataFolder });

  await advanceUntil(clock, HOUR, second, 1);

  expect(runs(second)).toEqual([
    { isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus: null },
  ]);
});

test("runOnStartup runs at every start, beside the schedule", async () => {
  const dataFolder = await useFolder();
  const appRoot = await timerApp('schedule: "0 0 * * * *", runOnStartup: true');
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const first = await useHost({ appRoot, clock, dataFolder });
  await eventually(() => (runs(first).length === 1 ? true : undefined));
  await first.stop();
  const second = await useHost({ appRoot, clock, dataFolder });
  await eventually(() => (runs(second).length === 1 && clock.pending > 0 ? true : undefined));

  await advanceUntil(clock, HOUR, second, 2);

  expect(runs(second).map(({ isPastDue }) => isPastDue)).toEqual([false, false]);
});
