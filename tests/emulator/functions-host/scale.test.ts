import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import type { ScaleSettings } from "#local/functions-host/scale/scale-settings.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { eventually, type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

/** Decisions in a tenth of a second instead of a quarter of a minute. */
const QUICK: Partial<ScaleSettings> = { sampleMs: 100, scaleInAfterMs: 400, toZeroAfterMs: 600 };

async function useBroker() {
  const bus = await startServiceBus({
    dataFolder: await useFolder(),
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [
      { name: "Root", key: "not-a-secret", claims: ["Manage", "Send", "Listen"] },
      { name: "Listener", key: "not-a-secret", claims: ["Listen"] },
    ],
    topology: { queues: [], topics: [] },
    entities: ["work", "other"].map((path) => ({ kind: "queue", path, description: {} })),
  });
  onTestFinished(() => bus.stop());
  const client = new ServiceBusClient(bus.connectionString);
  onTestFinished(() => client.close());
  return { bus, client };
}

/** Somebody outside to whom functions do things: counts by message. */
async function useEffects() {
  const counts = new Map<string, number>();
  const pids = new Set<string>();
  const server = createServer((request, response) => {
    const [, pid = "", id = ""] = (request.url ?? "").split("/");
    counts.set(id, (counts.get(id) ?? 0) + 1);
    pids.add(pid);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { counts, pids, port: String(typeof address === "object" ? address?.port : "") };
}

const workApp = (workMs: number) =>
  useApp({
    "host.json": JSON.stringify({ version: "2.0", extensions: { serviceBus: { maxConcurrentCalls: 4 } } }),
    "index.ts": `
      import { app } from "@azure/functions";
      const work = (queueName) => app.serviceBusQueue(queueName, { connection: "Bus", queueName, handler: async (id) => {
        await new Promise((resolve) => setTimeout(resolve, ${workMs}));
        await fetch("http://127.0.0.1:" + process.env.EFFECTS + "/" + process.pid + "/" + id, { method: "POST" });
      } });
      work("work");
      work("other");
      app.http("here", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ jsonBody: { pid: process.pid } }) });`,
  });

const messages = (count: number): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, index) => ({ messageId: `ord_${index}`, body: `ord_${index}` }));

interface ScalePage {
  readonly groups: readonly { name: string; instances: number; draining: number; min: number; max: number }[];
  readonly decisions: readonly { group: string; from: number; to: number; reason: string }[];
}

async function scalePage(host: HostUnderTest): Promise<ScalePage> {
  const response = await fetch(`${host.url}/admin/host/scale`, {
    headers: { "x-functions-key": host.masterKey },
  });
  const page: ScalePage = JSON.parse(await response.text());
  return page;
}

const groupOf = async (host: HostUnderTest, name: string) =>
  (await scalePage(host)).groups.find((group) => group.name === name);

/** Resolves when the group has that many instances and nobody is leaving. */
const settledAt = (host: HostUnderTest, name: string, instances: number) =>
  eventually(async () => {
    const group = await groupOf(host, name);
    return group?.instances === instances && group.draining === 0 ? group : undefined;
  });

async function useScaledHost(workMs: number, scale: Partial<ScaleSettings>, key = "Root") {
  const { bus, client } = await useBroker();
  const effects = await useEffects();
  const host = await useHost({
    appRoot: await workApp(workMs),
    settings: { Bus: bus.connectionString.replace("=Root", `=${key}`), EFFECTS: effects.port },
    scale: { ...QUICK, serviceBusAdministrationPort: bus.administrationPort, ...scale },
  });
  return { host, client, effects };
}

test("a backlog brings instances, each function its own, and when it is gone they leave; every effect happens once", async () => {
  const { host, client, effects } = await useScaledHost(40, {
    grouping: "function",
    alwaysReady: { http: 0, "function:work": 0, "function:other": 0 },
    maximumInstances: { "function:work": 3 },
    totalInstances: 4,
  });
  await settledAt(host, "http", 0);
  await settledAt(host, "function:work", 0);

  await client.createSender("work").sendMessages(messages(300));
  await settledAt(host, "function:work", 3);
  await settledAt(host, "function:work", 0);

  expect(effects.counts.size).toBe(300);
  expect(new Set(effects.counts.values())).toEqual(new Set([1]));
  expect(effects.pids.size).toBeGreaterThanOrEqual(3);
  const { decisions } = await scalePage(host);
  const ofWork = decisions.filter(({ group }) => group === "function:work");
  expect(ofWork[0]).toMatchObject({
    from: 0,
    to: 3,
    reason: expect.stringMatching(/^work: \d+ active \/ 4 per instance/),
  });
  expect(ofWork.at(-1)).toMatchObject({ to: 0, reason: "no work for 0.6 s" });
  expect(decisions.filter(({ group }) => group === "function:other")).toEqual([]);
  expect(host.lines.filter(({ event }) => event === "scaled")).toHaveLength(decisions.length);
});

test("instances that leave or are killed in the middle of the load lose nothing", async () => {
  const { host, client, effects } = await useScaledHost(30, {
    grouping: "function",
    maximumInstances: { "function:work": 3 },
    totalInstances: 5,
  });
  await client.createSender("work").sendMessages(messages(400));
  await settledAt(host, "function:work", 3);

  for (let kill = 0; kill < 3; kill += 1) {
    const before = effects.counts.size;
    const victim = await eventually(() =>
      [...effects.pids].findLast((pid) => host.workers().includes(Number(pid))),
    );
    process.kill(Number(victim), "SIGKILL");
    await eventually(() => (effects.counts.size > before ? true : undefined));
  }
  await eventually(() => (effects.counts.size === 400 ? true : undefined), 20_000);
  await settledAt(host, "function:work", 1);

  // At most what was under way in a killed worker came again: four at a time, three kills.
  const again = [...effects.counts.values()].filter((count) => count > 1).length;
  expect(again).toBeLessThanOrEqual(12);
  expect(await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(1)).toEqual([]);
});

test("a request that finds nobody is held until an instance is up, and answered", async () => {
  const { host } = await useScaledHost(1, { grouping: "function", alwaysReady: { http: 0 } });
  await settledAt(host, "http", 0);

  const answers = await Promise.all([1, 2, 3].map(() => fetch(`${host.url}/api/here`)));

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const { decisions } = await scalePage(host);
  expect(decisions.filter(({ group, from }) => group === "http" && from === 0)).toEqual([
    expect.objectContaining({ to: 1, reason: "an invocation arrived while there was no instance" }),
  ]);
});

test("without the right to manage the backlog is peeked at, and instances still come", async () => {
  const { host, client, effects } = await useScaledHost(
    100,
    { grouping: "function", alwaysReady: { "function:work": 0 }, maximumInstances: { "function:work": 2 } },
    "Listener",
  );
  await settledAt(host, "function:work", 0);

  await client.createSender("work").sendMessages(messages(40));
  await eventually(() => (effects.counts.size === 40 ? true : undefined));

  const { decisions } = await scalePage(host);
  expect(decisions).toContainEqual(expect.objectContaining({ group: "function:work", from: 0, to: 2 }));
  expect(host.lines.filter(({ event }) => event === "no right to manage").length).toBeGreaterThan(0);
});

test("app-wide scaling has one group, and its hungriest function decides for all", async () => {
  const { host, client, effects } = await useScaledHost(60, {
    grouping: "app",
    maximumInstances: { app: 2 },
  });

  await client.createSender("other").sendMessages(messages(60));
  await settledAt(host, "app", 2);
  await eventually(() => (effects.counts.size === 60 ? true : undefined));

  expect(await settledAt(host, "app", 1)).toMatchObject({ min: 1, max: 2 });
  expect(host.workers()).toHaveLength(1);
});

test.for([
  [{ alwaysReady: { http: -1 } }, "scale.alwaysReady.http"],
  [{ maximumInstances: { background: 0 } }, "scale.maximumInstances.background"],
  [{ totalInstances: 0.5 }, "scale.totalInstances"],
] as const)("a number of instances that makes no sense is refused by name: %o", async ([scale, name]) => {
  await expect(useHost({ appRoot: await workApp(1), scale })).rejects.toThrow(name);
});
