import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CosmosClient, type Container } from "@azure/cosmos";
import { benchKey, startServer } from "./cosmos/cosmos-subject.ts";
import { fillFolder } from "./cosmos/fill.ts";
import { itemOf } from "./cosmos/subject.ts";
import { cpuMsOf } from "./processes.ts";

/**
 * A container with a million items next to an empty one: point reads and writes (server CPU and median time), a filtered and
 * an ordered query on paths that only the wildcard of the policy includes, point reads during a scan of everything, and
 * the server's memory. `BENCH_ITEMS` takes another number.
 */
const ITEMS = Number(process.env["BENCH_ITEMS"] ?? 1_000_000);
const POINTS = 3000;
const IN_FLIGHT = 16;

const folder = mkdtempSync(join(tmpdir(), "cosmos-million-"));
const fillStart = performance.now();
await fillFolder(folder, ITEMS);
console.log(`${ITEMS} items in ${((performance.now() - fillStart) / 1000).toFixed(0)} s`);

const server = await startServer(folder, "strict");
const client = new CosmosClient({ endpoint: `http://127.0.0.1:${server.port}/`, key: benchKey });
const database = client.database("bench");
const full = database.container("full");
const { container: empty } = await database.containers.create({
  id: "empty",
  partitionKey: { paths: ["/pk"] },
});
for (let n = 0; n < 1000; n++) await empty.items.create(itemOf(`${n}`));

interface Points {
  readonly p50Ms: number;
  readonly maxMs: number;
  readonly serverMicros: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function points(count: number, work: (n: number) => Promise<unknown>): Promise<Points> {
  const times: number[] = [];
  const before = cpuMsOf(server.pid);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const start = performance.now();
      await work(n);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const serverMicros = ((cpuMsOf(server.pid) - before) * 1000) / count;
  return { p50Ms: median(times), maxMs: Math.max(...times), serverMicros };
}

const any = (limit: number): string => String(Math.floor(Math.random() * limit));
const read = (container: Container, limit: number) => async (): Promise<void> => {
  const id = any(limit);
  const { statusCode } = await container.item(id, itemOf(id).pk).read();
  if (statusCode !== 200) throw new Error(`Read ${id}: ${statusCode}`);
};

let writes = 0;
const write = (container: Container) => (): Promise<unknown> =>
  container.items.create(itemOf(`new-${writes++}`));

const show = (title: string, { p50Ms, maxMs, serverMicros }: Points): void => {
  console.log(
    `${title.padEnd(44)} p50 ${p50Ms.toFixed(2)} ms, max ${maxMs.toFixed(0)} ms, server CPU ${serverMicros.toFixed(0)} µs`,
  );
};

const rounds = { reads: [] as Points[][], writes: [] as Points[][] };
for (let round = 0; round < 5; round++) {
  rounds.reads.push([await points(POINTS, read(empty, 1000)), await points(POINTS, read(full, ITEMS))]);
  rounds.writes.push([await points(POINTS, write(empty)), await points(POINTS, write(full))]);
}
for (const kind of ["reads", "writes"] as const) {
  const ratio = (field: keyof Points): string =>
    median(rounds[kind].map(([small, large]) => large![field] / small![field])).toFixed(2);
  show(`${kind}, empty container`, rounds[kind].at(-1)![0]!);
  show(`${kind}, full container`, rounds[kind].at(-1)![1]!);
  console.log(
    `  full / empty, median of rounds: time ${ratio("p50Ms")}, server CPU ${ratio("serverMicros")}`,
  );
}

async function query(text: string): Promise<number> {
  const start = performance.now();
  await full.items.query(text, { maxItemCount: 100 }).fetchNext();
  return performance.now() - start;
}

const filtered = (): string => `SELECT * FROM c WHERE c.count = ${any(100_000)}`;
const ordered = (): string => `SELECT TOP 10 * FROM c WHERE c.state = 's${any(10)}' ORDER BY c.count DESC`;
for (const [title, text] of [
  ["filter on one path", filtered],
  ["equality, ORDER BY another path, TOP 10", ordered],
] as const) {
  console.log(`${title}: first time ${(await query(text())).toFixed(0)} ms`);
  const from = performance.now();
  let last = Infinity;
  while (last > 20) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    last = await query(text());
    if (performance.now() - from > 300_000) throw new Error("no index in five minutes");
  }
  console.log(`  index ready after ${((performance.now() - from) / 1000).toFixed(0)} s`);
  const times: number[] = [];
  for (let n = 0; n < 200; n++) times.push(await query(text()));
  console.log(`  with it: p50 ${median(times).toFixed(2)} ms, worst ${Math.max(...times).toFixed(0)} ms`);
}

server.watchTurns();
const scanStart = performance.now();
const progress = { scanning: true };
const scan = full.items
  .query("SELECT VALUE COUNT(1) FROM c WHERE CONTAINS(c.text, 'nowhere')")
  .fetchAll()
  .catch((error: unknown) => console.log(`  the scan was given up: ${String(error).slice(0, 120)}`))
  .finally(() => (progress.scanning = false));
const during: number[] = [];
while (progress.scanning) {
  const start = performance.now();
  await read(full, ITEMS)();
  during.push(performance.now() - start);
}
await scan;
const slow = during.toSorted((a, b) => a - b);
console.log(
  `${during.length} point reads during a scan of ${((performance.now() - scanStart) / 1000).toFixed(0)} s: ` +
    `p50 ${median(during).toFixed(1)} ms, p99 ${slow[Math.floor(slow.length * 0.99)]?.toFixed(1)} ms, max ${slow.at(-1)?.toFixed(1)} ms`,
);
console.log(`  longest turn of the server meanwhile: ${(await server.longestTurnMs()).toFixed(1)} ms of CPU`);
console.log(`server memory: ${(await server.rssMb()).toFixed(0)} MB`);

client.dispose();
await server.kill();
rmSync(folder, { recursive: true, force: true });
