import { setTimeout as sleep } from "node:timers/promises";
import { ORDER, writeBenchApp } from "./functions-host/bench-app.ts";
import {
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

/** How long a caller of the Functions host waits who finds nobody there, and a developer who saves a file. */

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

const bundled = await writeBenchApp(folder, "dist/index.js");
const unbundled = await writeBenchApp(folder, "index.ts");
try {
  console.log("ms from nothing to the first 202 (median)");
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
