import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import type { Topology } from "#shared/contracts/topology.ts";
import { newClient, queue } from "../service-bus/open-bus.ts";
import { eventually, fixture, useFolder, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";
import { queueHolds, said, saidTimes, useBus } from "./use-bus.ts";

const LOCK_MS = 5000;

interface Mark {
  readonly attempt: number;
  readonly atMs: number;
}

/** A function on "work" that marks each attempt in a file, and gets stuck where the setting STUCK says so. */
async function useStuckApp(): Promise<{
  appRoot: string;
  settings: Record<string, string>;
  marks: () => Promise<Mark[]>;
}> {
  const file = join(await useFolder(), "marks");
  const appRoot = await useApp({
    "index.ts": `
      import { appendFileSync } from "node:fs";
      import { app } from "@azure/functions";
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", handler: async (_body, context) => {
        const attempt = context.triggerMetadata["deliveryCount"];
        appendFileSync(process.env["MARKS"] ?? "", JSON.stringify({ attempt, atMs: Date.now() }) + "\\n");
        if (process.env["STUCK"] === "yes") await new Promise(() => undefined);
      } });`,
  });
  const marks = async (): Promise<Mark[]> => {
    const text = await readFile(file, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Mark => JSON.parse(line));
  };
  return { appRoot, settings: { MARKS: file }, marks };
}

const marked = (marks: () => Promise<Mark[]>, count: number): Promise<Mark[]> =>
  eventually(async () => {
    const all = await marks();
    return all.length >= count ? all : undefined;
  }, 15_000);

/** A host in a process of its own, up and listening. */
async function useHostProcess(appRoot: string, options: object) {
  const args = [fixture("run-host.ts"), appRoot, await useFolder(), JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = await new Promise<string>((resolve) =>
    child.stdout.once("data", (chunk) => resolve(String(chunk))),
  );
  const { Bus = "" }: { Bus?: string } = JSON.parse(text);
  return { Bus, kill: () => child.kill("SIGKILL") };
}

test("the controller is killed: its message stays locked, and comes to another host when the lock has run out", async () => {
  const bus = await useBus({ lockDuration: "PT5S" });
  const { appRoot, settings, marks } = await useStuckApp();
  const whole = { ...settings, Bus: bus.connectionString };
  const first = await useHostProcess(appRoot, { settings: { ...whole, STUCK: "yes" } });
  await bus.client.createSender("work").sendMessages({ body: "x" });
  await marked(marks, 1);

  first.kill();
  await useHost({ appRoot, settings: whole });
  const [before, after] = await marked(marks, 2);

  expect([before?.attempt, after?.attempt]).toEqual([1, 2]);
  expect((after?.atMs ?? 0) - (before?.atMs ?? 0)).toBeGreaterThan(LOCK_MS - 500);
  await queueHolds(bus, 0, 0);
});

test("everything is killed, the broker too: locks die with it, uncounted, and the message comes again at the next start", async () => {
  const { appRoot, settings, marks } = await useStuckApp();
  const dataFolder = await useFolder();
  const topology = { queues: [queue("work", { lockDuration: "PT5S" })], topics: [] } as Topology;
  const stuck = { ...settings, STUCK: "yes" };
  const cloud = await useHostProcess(appRoot, { settings: stuck, bus: { dataFolder, topology } });
  await newClient(cloud.Bus).createSender("work").sendMessages({ body: "x" });
  await marked(marks, 1);

  cloud.kill();
  const broker = await startServiceBus({
    dataFolder,
    topology,
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "Root", key: "not-a-secret", claims: ["Manage"] }],
  });
  onTestFinished(() => broker.stop());
  await useHost({ appRoot, settings: { ...settings, Bus: broker.connectionString } });
  const [before, after] = await marked(marks, 2);

  expect([before?.attempt, after?.attempt]).toEqual([1, 1]);
});

test("a function over functionTimeout takes its worker along: its message and its neighbour's are abandoned at once", async () => {
  const bus = await useBus();
  const appRoot = await useApp({
    "host.json": JSON.stringify({ version: "2.0", functionTimeout: "00:00:02" }),
    "index.ts": `
      import { app } from "@azure/functions";
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", handler: async (body, context) => {
        const attempt = context.triggerMetadata["deliveryCount"];
        context.log(JSON.stringify([body, attempt]));
        if (attempt === 1) await new Promise(() => undefined);
      } });`,
  });
  const host = await useHost({ appRoot, settings: { Bus: bus.connectionString } });
  const sender = bus.client.createSender("work");
  await sender.sendMessages({ body: "slow" });
  await saidTimes(host, 1);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await sender.sendMessages({ body: "neighbour" });

  await saidTimes(host, 4); // long before any lock runs out
  await queueHolds(bus, 0, 0);

  expect(said(host).slice(0, 2)).toEqual([
    ["slow", 1],
    ["neighbour", 1],
  ]);
  expect(new Set(said<[string, number]>(host).slice(2).map(String))).toEqual(
    new Set(["slow,2", "neighbour,2"]),
  );
  const failures = host.lines.filter(({ event }) => event === "invocation failed");
  expect(failures.map(({ facts }) => facts["error"])).toEqual([
    expect.stringContaining("longer than functionTimeout"),
    expect.stringContaining("the worker ended"),
  ]);
});
