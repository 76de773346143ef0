import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { defaultPorts } from "#local/cloud/index.ts";
import { isAlive } from "../../scripts/bootstrap/processes.mjs";
import { CloudProcess } from "./support/cloud-process.ts";
import { cpuSeconds } from "./support/cpu-time.ts";
import { eventually } from "./support/eventually.ts";
import { freePortOffset, isFree, temporaryHome } from "./support/place.ts";
import { signal } from "./support/processes.ts";
import { inCosmos } from "./support/stores.ts";
import { startStorm } from "./support/storm.ts";

interface Start {
  readonly cloud: CloudProcess;
  readonly home: string;
  readonly offset: number;
}

/** Starts the command; whatever becomes of it, nothing of it outlives the test. */
async function start(words: readonly string[] = [], offset?: number | string): Promise<Start> {
  const { home, remove } = temporaryHome();
  const portOffset = offset ?? (await freePortOffset());
  const cloud = new CloudProcess(home, portOffset, words);
  onTestFinished(async () => {
    await cloud.killEverything();
    remove();
  });
  return { cloud, home, offset: Number(portOffset) };
}

const expectGone = (pids: readonly number[]): Promise<void> =>
  eventually(() => expect(pids.filter(isAlive)).toEqual([]), 10_000);

test("a port that is taken is one clear line and exit code 1", async () => {
  const offset = await freePortOffset();
  const port = defaultPorts.cosmos + offset;
  const squatter = createServer().listen(port, "127.0.0.1");
  await once(squatter, "listening");
  onTestFinished(() => void squatter.close());

  const { cloud } = await start([], offset);
  expect(await cloud.ended()).toEqual({ code: 1, signal: null });
  expect(cloud.stderr).toBe(
    `Expedite did not start: Port ${port} (cosmos) is taken. ` +
      "Stop what uses it, or move all ports with EXPEDITE_PORT_OFFSET=100.\n",
  );
});

test.each([
  [["--only", "service-bus,kosmos"], /^Expedite did not start: --only kosmos: there is no such part.*\n$/],
  [["--onyl", "cosmos"], /^Expedite did not start: .*--onyl.*\n$/],
  [["cosmos"], /^Expedite did not start: .*cosmos.*\n$/],
])("%j is refused in one line that names the word", async (words, line) => {
  const { cloud } = await start(words);
  expect(await cloud.ended()).toEqual({ code: 1, signal: null });
  expect(cloud.stderr).toMatch(line);
});

test.each(["abc", "-1", "1.5", "50001", "1e9"])(
  "EXPEDITE_PORT_OFFSET=%s is refused in one line",
  async (offset) => {
    const { cloud } = await start([], offset);
    expect(await cloud.ended()).toEqual({ code: 1, signal: null });
    expect(cloud.stderr).toBe(
      "Expedite did not start: EXPEDITE_PORT_OFFSET must be a whole number from 0 to 50000\n",
    );
  },
);

test("a data folder that another cloud runs on is refused in one line, and the other goes on", async () => {
  const { cloud, home } = await start(["--only", "cosmos"]);
  const place = await cloud.ready();
  const second = new CloudProcess(home, await freePortOffset(), ["--only", "cosmos"]);
  expect(await second.ended()).toEqual({ code: 1, signal: null });
  expect(second.stderr).toBe(
    `Expedite did not start: Another Expedite runs on the data in ${home}. ` +
      "Stop it, or choose another folder with EXPEDITE_HOME.\n",
  );
  await inCosmos(place, (client) => client.getDatabaseAccount());
});

test("the command brings everything up quickly, keeps its secrets, and stops on Ctrl-C in the middle of orders", async () => {
  const { cloud, home } = await start();
  const place = await cloud.ready();
  const processes = cloud.processes();
  const pids = [cloud.pid, ...processes.map(({ pid }) => pid)];
  expect(pids.length).toBeGreaterThan(6);

  // Within 5 s on two cores with nothing else to do: what others do meanwhile must not decide, so this is processor time.
  expect(cpuSeconds(pids)).toBeLessThan(2 * 5);
  const mailKey = /accesskey=(.+)$/.exec(place.mail.connectionString)?.[1] ?? "";
  for (const secret of [mailKey, ...Object.values(place.keys.storefront)])
    expect(processes.filter(({ command }) => command.includes(secret))).toEqual([]);

  const storm = startStorm(place, "stopped");
  await eventually(() => expect(storm.placed.length).toBeGreaterThan(8));
  signal(cloud.pid, "SIGINT");
  expect(await cloud.ended()).toEqual({ code: 0, signal: null });
  await expectGone(pids);
  expect(existsSync(join(home, "endpoints.json"))).toBe(false);
  expect(cloud.stderr).toBe("");
  await storm.abandon();
});

test("SIGTERM stops as Ctrl-C does", async () => {
  const { cloud } = await start(["--only", "service-bus,cosmos,partners"]);
  await cloud.ready();
  const pids = cloud.processes().map(({ pid }) => pid);
  expect(await cloud.stop()).toEqual({ code: 0, signal: null });
  await expectGone(pids);
});

test("who presses Ctrl-C again does not have to wait", async () => {
  const { cloud } = await start(["--only", "cosmos,partners"]);
  await cloud.ready();
  const pids = cloud.processes().map(({ pid }) => pid);
  for (const part of pids) signal(part, "SIGSTOP");
  signal(cloud.pid, "SIGINT");
  await pause(1_200);
  signal(cloud.pid, "SIGINT");
  expect(await cloud.ended()).toEqual({ code: 1, signal: null });
  for (const part of pids) signal(part, "SIGCONT");
  await expectGone(pids);
});

test("killed at any moment of its start or its life, the command leaves no process behind", async () => {
  const living = await start();
  await living.cloud.ready();
  const victims: number[] = [];
  const kill = ({ cloud }: Start): void => {
    victims.push(cloud.pid, ...cloud.processes().map(({ pid }) => pid));
    signal(cloud.pid, "SIGKILL");
  };
  kill(living);
  for (const alreadyThere of [1, 4]) {
    const starting = await start();
    await eventually(() => expect(starting.cloud.processes().length).toBeGreaterThanOrEqual(alreadyThere));
    kill(starting);
  }
  expect(victims.length).toBeGreaterThan(10);
  await expectGone(victims);
});

test("--only starts just these parts", async () => {
  const { cloud, offset } = await start(["--only", "service-bus, cosmos"]);
  const place = await cloud.ready();
  const parts = cloud
    .processes()
    .map(({ command }) => /part-process\.ts (\S+)/.exec(command)?.[1] ?? command);
  expect(new Set(parts)).toEqual(new Set(["service-bus", "cosmos"]));

  const client = new ServiceBusClient(place.serviceBus.connectionString);
  onTestFinished(() => client.close());
  expect(await client.createReceiver("stock").peekMessages(1)).toEqual([]);
  await inCosmos(place, (cosmos) => cosmos.getDatabaseAccount());
  for (const name of ["functions", "partners", "smtp", "blobs"] as const)
    expect(await isFree(defaultPorts[name] + offset)).toBe(true);
});
