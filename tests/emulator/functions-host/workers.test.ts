import { expect, test } from "vitest";
import { eventually, fixture, type HostUnderTest, useHost } from "./host-under-test.ts";

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
