import { startCosmosSubject } from "./cosmos/cosmos-subject.ts";
import { startPostgres } from "./cosmos/postgres.ts";
import { BULK, type Subject } from "./cosmos/subject.ts";

/**
 * The Cosmos endpoint through the genuine client, 16 operations in flight, with fsync before every answer and without, and
 * the same on PostgreSQL in the same run. What counts on a busy machine is CPU time: of the server, next to that of its
 * client. Medians of rounds in which all take turns.
 */
const IN_FLIGHT = 16;
const ROUNDS = 5;
const ROUND_MS = 1500;

const operations = ["create", "read", "patch", "batch", "bulk"] as const;
type Operation = (typeof operations)[number];

interface Measure {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly serverMicros: number;
  readonly clientMicros: number;
}

let runs = 0;

/** One round of one operation. Reads and patches take what a short preparation has created. */
async function measure(subject: Subject, operation: Operation): Promise<Measure> {
  const run = `r${runs++}`;
  const existing = operation === "read" || operation === "patch" ? await prepare(subject, run) : undefined;
  const times: number[] = [];
  const serverBefore = subject.serverCpuMs();
  const clientBefore = process.cpuUsage();
  const start = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      const number = next++;
      const id = existing?.[number % existing.length] ?? `${run}-${number}`;
      const before = performance.now();
      await subject[operation](id);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(clientBefore);
  const count = times.length * (operation === "bulk" ? BULK : 1);
  return {
    perSecond: count / seconds,
    p50Ms: median(times),
    serverMicros: ((subject.serverCpuMs() - serverBefore) * 1000) / count,
    clientMicros: (user + system) / count,
  };
}

async function prepare(subject: Subject, run: string): Promise<readonly string[]> {
  const ids = Array.from({ length: 320 }, (_, n) => `${run}-old-${n}`);
  for (let from = 0; from < ids.length; from += IN_FLIGHT) {
    await Promise.all(ids.slice(from, from + IN_FLIGHT).map((id) => subject.create(id)));
  }
  return ids;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const row = (cells: readonly string[]): void => {
  console.log(
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(column === 0 ? 9 : 16) : cell.padStart(12)))
      .join(""),
  );
};

function report(operation: Operation, subject: Subject, rounds: readonly Measure[]): void {
  const of = (field: keyof Measure): number => median(rounds.map((one) => one[field]));
  const cells = [
    of("perSecond").toFixed(0),
    of("p50Ms").toFixed(1),
    of("serverMicros").toFixed(0),
    of("clientMicros").toFixed(0),
  ];
  const share = median(rounds.map(({ serverMicros, clientMicros }) => serverMicros / clientMicros));
  row([operation, subject.name, ...cells, share.toFixed(2)]);
}

const postgres = await startPostgres();
if (postgres === undefined) console.log("PostgreSQL is not installed: no yardstick.\n");
const subjects = [
  await startCosmosSubject("strict"),
  await startCosmosSubject("relaxed"),
  ...(postgres === undefined ? [] : [postgres]),
];
row(["", "", "per second", "p50 ms", "server µs", "client µs", "server/client"]);
for (const operation of operations) {
  for (const subject of subjects) await measure(subject, operation); // warm-up
  const measured = subjects.map((): Measure[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, subject] of subjects.entries())
      measured[index]!.push(await measure(subject, operation));
  }
  for (const [index, subject] of subjects.entries()) report(operation, subject, measured[index]!);
}
for (const subject of subjects) await subject.stop();
