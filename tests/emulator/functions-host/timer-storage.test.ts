import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { eventually, useFolder, useHost } from "./host-under-test.ts";
import { said, saidTimes } from "./use-bus.ts";
import { useApp } from "./use-app.ts";
import { useStorage } from "./use-storage.ts";

const HOUR = 3_600_000;
const storage = useStorage();

const timerApp = (options: string, handler: string): Promise<string> =>
  useApp({
    "host.json": JSON.stringify({
      version: "2.0",
      singleton: { listenerLockRecoveryPollingInterval: "00:00:01" },
    }),
    "index.ts": `
      import { app } from "@azure/functions";
      const say = (context, value) => context.log(JSON.stringify(value));
      app.timer("tick", { ${options} handler: async (timer, context) => { ${handler} } });`,
  });

const settings = (id: string) => ({
  AzureWebJobsStorage: storage().connectionString,
  AzureFunctionsWebHost__hostid: id,
});

const blob = (path: string) =>
  storage().blobs.getContainerClient("azure-webjobs-hosts").getBlockBlobClient(path);

async function statusOf(id: string): Promise<Record<string, string>> {
  const bytes = await blob(`timers/${id}/Host.Functions.tick/status`).downloadToBuffer();
  const status: Record<string, string> = JSON.parse(bytes.toString());
  return status;
}

/** The next occurrence is armed: the lock was won and the status read or written. */
const armed = (clock: { readonly pending: number }) =>
  eventually(() => (clock.pending > 0 ? true : undefined), 15_000);

test("a timer's status is the blob that Azure's host keeps: same container, same path, same names", async () => {
  const id = randomUUID();
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const appRoot = await timerApp('schedule: "0 0 * * * *",', "say(context, timer.isPastDue);");
  const host = await useHost({ appRoot, clock, settings: settings(id) });
  await armed(clock);
  expect(await statusOf(id)).toEqual({
    Last: "0001-01-01T00:00:00+00:00",
    Next: "2026-01-01T01:00:00.000Z",
    LastUpdated: "2026-01-01T00:30:00.000Z",
  });

  await clock.advance(HOUR);
  await saidTimes(host, 1);
  await armed(clock);

  expect(await statusOf(id)).toEqual({
    Last: "2026-01-01T01:00:00.000Z",
    Next: "2026-01-01T02:00:00.000Z",
    LastUpdated: "2026-01-01T01:00:00.000Z",
  });
});

test("a run that was missed is past due on whichever host comes next, for the status is shared", async () => {
  const id = randomUUID();
  const clock = createHandClock(Date.UTC(2026, 0, 1, 0, 30));
  const appRoot = await timerApp('schedule: "0 0 * * * *",', "say(context, timer.isPastDue);");
  const first = await useHost({ appRoot, clock, settings: settings(id) });
  await armed(clock);
  await first.stop();
  await clock.advance(5 * HOUR);

  const second = await useHost({ appRoot, clock, settings: settings(id) });
  await saidTimes(second, 1);

  expect(said(second)).toEqual([true]);
});

test("of two hosts one runs the timer, and when it stops the other takes over", async () => {
  const id = randomUUID();
  const appRoot = await timerApp('schedule: "* * * * * *",', "say(context, Date.now());");
  const first = await useHost({ appRoot, settings: settings(id) });
  await saidTimes(first, 1);
  const second = await useHost({ appRoot, settings: settings(id) });
  await saidTimes(first, 4);
  expect(said(second)).toEqual([]);

  await first.stop();
  await saidTimes(second, 2);

  const last = Math.max(...said<number>(first));
  expect(Math.min(...said<number>(second))).toBeGreaterThan(last);
});

test("a host that was killed takes its own lock again at once; another host's lock is respected", async () => {
  const appRoot = await timerApp('schedule: "* * * * * *",', "say(context, 1);");
  const lockOf = async (id: string, leaseId: string): Promise<void> => {
    const container = storage().blobs.getContainerClient("azure-webjobs-hosts");
    await container.createIfNotExists();
    const lock = blob(`locks/${id}/Host.Functions.tick.Listener`);
    await lock.upload("", 0);
    await lock.getBlobLeaseClient(leaseId).acquireLease(60);
  };
  const [own, foreign] = [randomUUID(), randomUUID()];
  const dataFolder = await useFolder();
  await writeFile(join(dataFolder, "lease-id"), own);
  const [mine, theirs] = [randomUUID(), randomUUID()];
  await lockOf(mine, own);
  await lockOf(theirs, foreign);

  const again = await useHost({ appRoot, dataFolder, settings: settings(mine) });
  const other = await useHost({ appRoot, settings: settings(theirs) });
  await saidTimes(again, 2);

  expect(said(other)).toEqual([]);
});

test("a timer's retry policy repeats a failed run, each time as a new invocation that knows which one it is", async () => {
  const clock = createHandClock(Date.UTC(2026, 0, 1));
  const appRoot = await timerApp(
    'schedule: "0 0 * * * *", retry: { strategy: "fixedDelay", delayInterval: { minutes: 5 }, maxRetryCount: 2 },',
    `const { retryCount, maxRetryCount, exception } = context.retryContext ?? {};
     say(context, { id: context.invocationId, retryCount, maxRetryCount, message: exception?.message });
     throw new Error("not yet");`,
  );
  const host = await useHost({ appRoot, clock, settings: settings(randomUUID()) });
  await armed(clock);
  const runs = async (advanceMs: number, count: number): Promise<void> => {
    await clock.advance(advanceMs);
    await saidTimes(host, count);
    await armed(clock);
  };

  await runs(HOUR, 1);
  await runs(300_000, 2);
  await runs(300_000, 3);
  await runs(HOUR - 600_000, 4);

  const all = said<{ id: string }>(host);
  expect(new Set(all.map(({ id }) => id)).size).toBe(4);
  expect(all.map(({ id: _id, ...rest }) => rest)).toEqual([
    {},
    { retryCount: 1, maxRetryCount: 2, message: "not yet" },
    { retryCount: 2, maxRetryCount: 2, message: "not yet" },
    {},
  ]);
});

test("a storage account out of reach holds timers up, not the host, and is told once", async () => {
  const appRoot = await timerApp('schedule: "* * * * * *",', "say(context, 1);");
  const account = storage().connectionString.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:9");

  const host = await useHost({ appRoot, settings: { AzureWebJobsStorage: account } });
  await eventually(() => host.lines.find(({ event }) => event === "storage unreachable"));
  await new Promise((resolve) => setTimeout(resolve, 2500));

  expect(said(host)).toEqual([]);
  expect(host.lines.filter(({ event }) => event === "storage unreachable")).toHaveLength(1);
});
