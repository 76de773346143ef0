import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { eventually, fixture, type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";

const httpApp = { appRoot: fixture("http-app") };

const restarts = (host: HostUnderTest): number =>
  host.lines.filter(({ event }) => event === "worker restarted").length;

test("a worker that dies takes its requests with it as 500, and the next request finds a new worker", async () => {
  const host = await useHost(httpApp);
  const [before] = host.workers();
  const neighbour = fetch(`${host.url}/api/sleep/5000`);
  await fetch(`${host.url}/api/no-route`);

  const culprit = await fetch(`${host.url}/api/end/exit`, { method: "POST" });
  const next = await fetch(`${host.url}/api/no-route`);

  expect([culprit.status, (await neighbour).status, next.status]).toEqual([500, 500, 200]);
  expect(host.workers()).toHaveLength(1);
  expect(host.workers()).not.toContain(before);
  expect(host.lines.find(({ event }) => event === "worker exited")?.facts).toMatchObject({
    how: "exit code 3",
  });
});

test("an error outside of any handler ends the worker, and its last words are in the log", async () => {
  const host = await useHost(httpApp);

  const response = await fetch(`${host.url}/api/end/uncaught`, { method: "POST" });

  expect(response.status).toBe(500);
  const words = host.lines
    .filter(({ event }) => event === "worker output")
    .map(({ facts }) => facts["message"]);
  expect(words.join("\n")).toContain("thrown outside of any handler");
});

test("three crashes are free, the fourth waits, and the host stays up", async () => {
  const host = await useHost(httpApp);

  for (let crash = 1; crash <= 4; crash += 1) {
    await fetch(`${host.url}/api/end/exit`, { method: "POST" });
    if (crash < 4) await eventually(() => (restarts(host) === crash ? true : undefined));
  }

  const delays = host.lines
    .filter(({ event }) => event === "worker exited")
    .map(({ facts }) => facts["restartInMs"]);
  expect(delays).toEqual([0, 0, 0, 1000]);
  expect((await fetch(`${host.url}/api/no-route`)).status).toBe(200);
});

test("stopping lets a running request finish", async () => {
  const host = await useHost(httpApp);
  const running = fetch(`${host.url}/api/sleep/400`);
  await fetch(`${host.url}/api/no-route`);

  await host.stop();

  expect((await running).status).toBe(200);
  await expect(fetch(`${host.url}/api/no-route`)).rejects.toThrow("fetch failed");
});

test("stopping ends what will not finish in time, and leaves no process behind", async () => {
  const host = await useHost({ ...httpApp, drainMs: 200 });
  const pids = host.workers();
  const endless = fetch(`${host.url}/api/sleep/60000`);
  await fetch(`${host.url}/api/no-route`);

  await host.stop();

  expect((await endless).status).toBe(500);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("a function that runs longer than functionTimeout fails, its worker is replaced and neighbours fail too", async () => {
  const host = await useHost({ appRoot: fixture("short-timeout-app") });
  const [before] = host.workers();
  const slow = fetch(`${host.url}/api/sleep/60000`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const neighbour = fetch(`${host.url}/api/sleep/60000`);

  expect([(await slow).status, (await neighbour).status]).toEqual([500, 500]);
  expect((await fetch(`${host.url}/api/sleep/1`)).status).toBe(200);
  expect(host.workers()).not.toContain(before);
  const failures = host.lines
    .filter(({ event }) => event === "invocation failed")
    .map(({ facts }) => facts["error"]);
  expect(failures[0]).toContain("longer than functionTimeout");
  expect(failures[1]).toContain("the worker ended");
});

test("requests and background work run in processes of their own, and background work yields", async () => {
  const clock = createHandClock();
  const host = await useHost({ appRoot: fixture("two-groups-app"), clock });
  const response = await fetch(`${host.url}/api/here`);
  const { pid: httpPid }: { pid: number } = JSON.parse(await response.text());

  await clock.advance(3_600_000);
  const line = await eventually(() => host.lines.find(({ event }) => event === "function log"));
  const backgroundPid = Number(line.facts["message"]);

  expect(new Set(host.workers())).toEqual(new Set([httpPid, backgroundPid]));
  expect(getPriority(backgroundPid) - getPriority(httpPid)).toBe(5);
});

test("an app with only one kind of function has only that kind of worker", async () => {
  const host = await useHost(httpApp);

  expect(host.workers()).toHaveLength(1);
});

/** A process that has ended but that nobody has asked about yet is still listed on Linux, as Z. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

test("when the controller is killed its workers end at once, so that no work is done twice", async () => {
  const run = [fixture("run-host.ts"), fixture("two-groups-app"), await useFolder()];
  const controller = spawn(process.execPath, run, { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void controller.kill("SIGKILL"));
  const text = await new Promise<string>((resolve) =>
    controller.stdout.once("data", (chunk) => resolve(String(chunk))),
  );
  const { workers }: { workers: number[] } = JSON.parse(text);
  expect(workers.map(isAlive)).toEqual([true, true]);

  controller.kill("SIGKILL");

  await eventually(() => (workers.some(isAlive) ? undefined : true), 2000);
});
