import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { cpuMsOf } from "./processes.ts";
import { type Broker, consume, empty, fill, startBroker } from "./service-bus-load.ts";

/** What a million waiting messages of one kilobyte cost: memory, time to start, and speed of receiving. */
/** In two queues, since one may hold a gigabyte. */
const BACKLOG = { work: 700_000, one: 300_000 };
const TAKEN = 15_000;
const RUNS = 3;
const KILOBYTE = Buffer.alloc(1024, "x");

function residentMegabytes({ pid }: Broker): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

async function receiveRate(broker: Broker, isFull: boolean): Promise<string> {
  const client = new ServiceBusClient(broker.connectionString);
  const rates: number[] = [];
  const busy: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    if (!isFull) await fill(client, "work", TAKEN, KILOBYTE);
    const before = { at: performance.now(), cpu: cpuMsOf(broker.pid) };
    const stop = await consume(client, ["work"], TAKEN);
    rates.push((TAKEN / (performance.now() - before.at)) * 1000);
    busy.push(((cpuMsOf(broker.pid) - before.cpu) * 1000) / TAKEN);
    await stop();
  }
  if (!isFull) await empty(client, "work");
  await client.close();
  const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[1] ?? Number.NaN;
  return `${Math.round(middle(rates))} messages/s, ${middle(busy).toFixed(1)} µs of the broker each`;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "expedite-bench-backlog-"));
  let broker = await startBroker(false, folder);
  console.log(`empty: ${residentMegabytes(broker)} MB resident, ${await receiveRate(broker, false)}`);
  const client = new ServiceBusClient(broker.connectionString);
  const start = performance.now();
  for (const [queue, count] of Object.entries(BACKLOG)) await fill(client, queue, count, KILOBYTE);
  await client.close();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${BACKLOG.work + BACKLOG.one} sent in ${seconds.toFixed(1)} s: ${residentMegabytes(broker)} MB resident`,
  );
  await broker.stop();
  const again = performance.now();
  broker = await startBroker(false, folder);
  console.log(`start, Node included: ${((performance.now() - again) / 1000).toFixed(2)} s`);
  console.log(`full: ${await receiveRate(broker, true)}, then ${residentMegabytes(broker)} MB resident`);
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}

await main();
