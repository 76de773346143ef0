import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ORDER, writeBenchApp } from "./functions-host/bench-app.ts";
import { messages } from "./functions-host/messages.ts";
import {
  at,
  dropEverything,
  end,
  folder,
  median,
  row,
  start,
  type Started,
  startHost,
} from "./functions-host/processes.ts";
import { reloads } from "./functions-host/reloads.ts";
import { cpuMsOf } from "./processes.ts";

/**
 * What the Functions host costs: requests and messages through it against bare `node:http` and the library alone, all in one
 * run; how long a caller waits who finds nobody there, and a developer who saves a file. Load generator, host, worker and broker
 * share the machine.
 */
const CONNECTIONS = 64;
const SECONDS = 5;

const run = promisify(execFile);

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

const post = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/api/orders`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ORDER,
  });
  await response.arrayBuffer();
  return response.status;
};

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

  console.log("\nms from a saved file to the first answer of the new code (median)");
  await reloads();
} finally {
  dropEverything();
}
process.exit(0);
