import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { writeBenchApp } from "./functions-host/bench-app.ts";
import { messages } from "./functions-host/messages.ts";
import {
  at,
  dropEverything,
  end,
  folder,
  row,
  start,
  type Started,
  startHost,
} from "./functions-host/processes.ts";
import { cpuMsOf } from "./processes.ts";

/**
 * What the Functions host costs: requests and messages through it against bare `node:http` and the library alone, all in one
 * run. Load generator, host, worker and broker share the machine.
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
} finally {
  dropEverything();
}
process.exit(0);
