import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type RunningExpedite, startExpedite } from "../scripts/expedite.ts";
import { sampleOrders } from "../scripts/seed/shop.ts";
import type { LoadRequest, LoadResult } from "./load.ts";
import { cpuByProcess } from "./processes.ts";

/**
 * Accepted orders per second, durable (fsync before every 202), through the whole path: HTTP, Functions host, worker,
 * Cosmos DB client and endpoint, publication to Service Bus. Baseline in the same run: a bare `node:http` server that reads
 * the body and answers 202. Once with the queues' consumers running on the same two cores, and once with them disabled,
 * because in Azure they run on other machines.
 */
const SECONDS = 6;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = [1, 16, 64] as const;
const BRAND = "pancake-palace";
const PORT_OFFSET = 6_000;
const body = JSON.stringify(sampleOrders[BRAND]);

const silent = (): void => undefined;
const run = promisify(execFile);
let runs = 0;

async function load(url: string, connections: number, seconds: number, key: string): Promise<LoadResult> {
  const request: LoadRequest = {
    url,
    connections,
    seconds,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body,
    run: `bench-${process.pid}-${runs++}`,
  };
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, "load.ts"),
    JSON.stringify(request),
  ]);
  return JSON.parse(stdout);
}

const row = (cells: readonly (string | number)[]): void => {
  console.log(cells.map((cell, column) => String(cell).padStart(column === 0 ? 30 : 11)).join(""));
};

function bareServer(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request
      .resume()
      .on("end", () => response.writeHead(202, { "content-type": "application/json" }).end("{}"));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ server, url: `http://127.0.0.1:${port}/` });
    });
  });
}

async function baseline(): Promise<Map<number, number>> {
  const { server, url } = await bareServer();
  const perSecond = new Map<number, number>();
  await load(url, 16, 1, "none");
  for (const connections of CONNECTIONS) {
    const result = await load(url, connections, 2, "none");
    perSecond.set(connections, result.perSecond);
    row(["bare node:http 202", connections, result.perSecond.toFixed(0), result.p50Ms, result.p99Ms, "1"]);
  }
  server.close();
  return perSecond;
}

async function measure(expedite: RunningExpedite, title: string, bare: Map<number, number>): Promise<void> {
  const url = `${expedite.endpoints.functions}/api/orders`;
  const key = expedite.secrets.keys.storefront[BRAND] ?? "";
  await load(url, 16, WARM_UP_SECONDS, key);
  for (const connections of CONNECTIONS) {
    const before = cpuByProcess(expedite.cloud);
    const result = await load(url, connections, SECONDS, key);
    const after = cpuByProcess(expedite.cloud);
    const { perSecond, p50Ms, p99Ms, accepted } = result;
    if (result.refused + result.errors > 0)
      throw new Error(`Refused ${result.refused}, errors ${result.errors}`);
    const share = (perSecond / (bare.get(connections) ?? 1)).toFixed(3);
    row([title, connections, perSecond.toFixed(0), p50Ms, p99Ms, share]);
    const perOrder = [...after].map(([name, ms]) => {
      const micros = ((ms - (before.get(name) ?? 0)) / accepted) * 1000;
      return `${name} ${micros.toFixed(0)}`;
    });
    console.log(`${"".padStart(30)}   CPU µs per order: ${perOrder.join(", ")}`);
  }
}

const consumersOff = Object.fromEntries(
  ["stock", "customer-email", "vendor-notices", "vendor-webhook", "vendor-email"].map((name) => [
    `AzureWebJobs.${name}.Disabled`,
    "true",
  ]),
);

row(["", "connections", "per second", "p50 ms", "p99 ms", "of bare"]);
const bare = await baseline();
for (const [title, settings] of [
  ["accept, consumers elsewhere", consumersOff],
  ["accept, consumers here too", {}],
] as const) {
  const home = mkdtempSync(join(tmpdir(), "expedite-bench-"));
  const only = ["service-bus", "cosmos", "partners", "functions"] as const;
  const expedite = await startExpedite({ home, portOffset: PORT_OFFSET, only, settings, log: silent });
  await measure(expedite, title, bare);
  await expedite.stop();
  rmSync(home, { recursive: true, force: true });
}
process.exit(0);
