import { ServiceBusClient } from "@azure/service-bus";
import { execFile, type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ORDER, writeBenchApp } from "./functions-host/bench-app.ts";
import { cpuMsOf } from "./processes.ts";

/**
 * What the Functions host costs: requests and messages through it against bare `node:http` and the library alone, all in one
 * run; and how long a caller waits who finds nobody there. Load generator, host, worker and broker share the machine.
 */
const CONNECTIONS = 64;
const SECONDS = 5;
const MESSAGES = 40_000;
/** Handled before the clock starts: a new worker is slow until V8 has compiled what is hot. */
const WARM_UP_MESSAGES = 10_000;

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "functions-host-bench-"));
const at = (file: string): string => join(import.meta.dirname, "functions-host", file);
const children: ChildProcess[] = [];

interface Started {
  readonly pid: number;
  readonly port: number;
  readonly workers: readonly number[];
  readonly masterKey?: string;
}

async function start(file: string, ...args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", at(file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compile-cache") }, // as npm start has it
  });
  children.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk) => resolve(String(chunk)));
    child.once("exit", () => reject(new Error(`${file} ended`)));
  });
  return { ...JSON.parse(line), pid: child.pid ?? 0 };
}

async function end({ pid }: Started): Promise<void> {
  const child = children.find((each) => each.pid === pid);
  const gone = new Promise((resolve) => child?.once("exit", resolve));
  child?.kill("SIGTERM");
  await gone;
}

const startHost = (appRoot: string, more: object = {}): Promise<Started> =>
  start(
    "host-process.ts",
    JSON.stringify({ appRoot, dataFolder: mkdtempSync(join(folder, "data-")), settings: {}, ...more }),
  );

const row = (cells: readonly (string | number)[]): void => {
  console.log(cells.map((cell, column) => String(cell).padStart(column === 0 ? 44 : 12)).join(""));
};

async function http(title: string, server: Started, bareMicros?: number): Promise<number> {
  const load = async (connections: number, seconds: number) => {
    const { stdout } = await run(process.execPath, [
      at("raw-load.ts"),
      ...[server.port, connections, seconds].map(String),
    ]);
    return JSON.parse(stdout);
  };
  await load(CONNECTIONS, 2);
  const pids = [server.pid, ...server.workers];
  const before = pids.map(cpuMsOf);
  const { accepted, refused, perSecond, p50Ms, p99Ms, microsPerRequest } = await load(CONNECTIONS, SECONDS);
  if (refused > 0) throw new Error(`${title}: ${refused} requests refused`);
  const micros = pids.map((pid, index) => ((cpuMsOf(pid) - (before[index] ?? 0)) / accepted) * 1000);
  const total = micros.reduce((sum, each) => sum + each, 0);
  const ratio = bareMicros === undefined ? "1" : (total / bareMicros).toFixed(1);
  const parts = micros.map((each) => each.toFixed(0)).join(" + ");
  row([
    title,
    perSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(1),
    parts,
    total.toFixed(0),
    ratio,
    microsPerRequest.toFixed(0),
  ]);
  return total;
}

async function libraryAlone(title: string, appRoot: string, bare: number): Promise<void> {
  const { stdout } = await run(process.execPath, [at("library-alone.ts"), appRoot]);
  const { microsPerInvocation } = JSON.parse(stdout);
  row([title, "", "", "", "", microsPerInvocation.toFixed(0), (microsPerInvocation / bare).toFixed(1)]);
}

async function messages(appRoot: string): Promise<void> {
  const broker = await startBroker();
  const client = new ServiceBusClient(broker.connectionString);
  const sender = client.createSender("bench");
  for (let sent = 0; sent < MESSAGES; sent += 1000) {
    await sender.sendMessages(
      Array.from({ length: 1000 }, (_, index) => ({ messageId: `m${sent + index}`, body: { id: index } })),
    );
  }
  await client.close();
  const host = await startHost(appRoot, { settings: { BUS: broker.connectionString, QUEUE: "bench" } });
  const pids = [host.pid, ...host.workers];
  let first = await broker.waiting();
  for (; first > MESSAGES - WARM_UP_MESSAGES; first = await broker.waiting()) await sleep(20);
  const startedAt = performance.now();
  const before = pids.map(cpuMsOf);
  while ((await broker.waiting()) > 0) await sleep(20);
  const seconds = (performance.now() - startedAt) / 1000;
  const micros = pids.map((pid, index) =>
    (((cpuMsOf(pid) - (before[index] ?? 0)) / first) * 1000).toFixed(0),
  );
  row(["Service Bus trigger, no-op, one worker", (first / seconds).toFixed(0), "", "", micros.join(" + ")]);
  await end(host);
  await broker.stop();
}

async function startBroker() {
  const { startServiceBus } = await import("#local/service-bus/index.ts");
  const { realClock } = await import("#local/clock/clock.ts");
  const bus = await startServiceBus({
    dataFolder: join(folder, "bus"),
    clock: realClock,
    durability: "strict",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "Root", key: "not-a-secret", claims: ["Manage", "Send", "Listen"] }],
    topology: { queues: [], topics: [] },
    entities: [{ kind: "queue", path: "bench", description: {} }],
  });
  const { ServiceBusBacklog } = await import("#local/functions-host/scale/backlog.ts");
  const backlog = new ServiceBusBacklog(() => undefined, bus.administrationPort);
  const target = { connectionString: bus.connectionString, name: "bench", entity: { queue: "bench" } };
  return {
    connectionString: bus.connectionString,
    waiting: async () => (await backlog.active(target)) ?? Number.NaN,
    stop: () => bus.stop(),
  };
}

const post = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/api/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ORDER,
  });
  await response.arrayBuffer();
  return response.status;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** A process that starts, and the first request it answers. */
async function coldProcess(begin: () => Promise<Started>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now();
    const server = await begin();
    if ((await post(server.port)) !== 202) throw new Error("not accepted");
    times.push(performance.now() - startedAt);
    await end(server);
  }
  return median(times);
}

/** A host that is up, an app that is not: the request starts the worker. */
async function fromZero(appRoot: string): Promise<number> {
  const host = await startHost(appRoot, {
    scale: {
      grouping: "function",
      alwaysReady: { http: 0 },
      sampleMs: 50,
      scaleInAfterMs: 100,
      toZeroAfterMs: 100,
    },
  });
  await post(host.port);
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    while ((await readyInstances(host)) > 0) await sleep(20);
    const startedAt = performance.now();
    if ((await post(host.port)) !== 202) throw new Error("not accepted");
    times.push(performance.now() - startedAt);
  }
  await end(host);
  return median(times);
}

async function readyInstances({ port, masterKey = "" }: Started): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/host/scale`, {
    headers: { "x-functions-key": masterKey },
  });
  const page: { groups: { instances: number; draining: number }[] } = JSON.parse(await response.text());
  return page.groups.reduce((sum, group) => sum + group.instances + group.draining, 0);
}

const [bundled, unbundled] = [
  await writeBenchApp(folder, "dist/index.js"),
  await writeBenchApp(folder, "index.ts"),
];
try {
  row([
    `POST, zod, 202; ${CONNECTIONS} connections`,
    "per second",
    "p50 ms",
    "p99 ms",
    "CPU µs each",
    "sum",
    "of bare",
    "(load)",
  ]);
  const bareServer = await start("bare-server.ts");
  const bare = await http("bare node:http", bareServer);
  await end(bareServer);
  await libraryAlone("the library alone, as bundled", bundled, bare);
  await libraryAlone("the library alone, as published", unbundled, bare);
  const host = await startHost(bundled);
  await http("the whole host (controller + worker)", host, bare);
  await end(host);
  await messages(bundled);

  console.log("\nms from nothing to the first 202 (median)");
  const bareStart = await coldProcess(() => start("bare-server.ts"));
  row(["bare node, a new process", bareStart.toFixed(0)]);
  for (const [name, appRoot] of [
    ["bundled", bundled],
    ["unbundled", unbundled],
  ] as const) {
    const zero = await fromZero(appRoot);
    row([`${name}: from zero, the host being up`, zero.toFixed(0), `${(zero - bareStart).toFixed(0)} above`]);
  }
  for (const [name, appRoot] of [
    ["bundled", bundled],
    ["unbundled", unbundled],
  ] as const) {
    const cold = await coldProcess(() => startHost(appRoot));
    row([`${name}: host and app, both new`, cold.toFixed(0), `${(cold - bareStart).toFixed(0)} above`]);
  }
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
