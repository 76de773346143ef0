/**
 * Loaded into each worker process before the app: gives it the time of the embedded cloud, and kills it where it was told
 * to, without a last word, as a power cut would.
 */
import { appendFileSync, closeSync, existsSync, openSync } from "node:fs";
import { runningInvocation } from "#local/functions-host/worker/worker.ts";
import { CONTROL_FOLDER, controlReader, firedFile, type Kill, metFile, type Phase } from "./control.ts";

const folder = process.env[CONTROL_FOLDER];
if (folder === undefined) throw new Error(`${CONTROL_FOLDER} is not set`);

const RealDate = Date;
const control = controlReader(folder);
const now = (): number => RealDate.now() + control().offsetMs;

class ShiftedDate extends RealDate {
  constructor(...words: unknown[]) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever Date takes goes through as it is
    super(...((words.length === 0 ? [now()] : words) as [number]));
  }
  static override now = now;
}
// Nobody here calls Date as a function, which a class does not allow.
Object.assign(globalThis, { Date: ShiftedDate });

/** Of the function whose invocation is running; what happens before the first one is the process's own start. */
const during = (): string => runningInvocation.getStore()?.functionName ?? "start";

const isHere = (kill: Kill): boolean =>
  (kill.during === undefined || kill.during === during()) && !isFired(kill);

const isFired = (kill: Kill): boolean => existsSync(firedFile(folder ?? "", kill));

function pass(point: string, phase: Phase): void {
  const { kills, recording } = control();
  if (recording && phase === "before") appendFileSync(metFile(folder ?? ""), `${point}\t${during()}\n`);
  const here = kills.find((kill) => kill.point === point && kill.phase === phase && isHere(kill));
  const first = kills.find(({ isFirst }) => isFirst === true);
  if (here === undefined || (first !== undefined && first !== here && !isFired(first))) return;
  try {
    // Whoever makes the file dies; the other worker processes come past.
    closeSync(openSync(firedFile(folder ?? "", here), "wx"));
  } catch {
    return;
  }
  process.kill(process.pid, "SIGKILL");
}

async function awaitPoint<T>(point: string, begin: () => T): Promise<Awaited<T>> {
  pass(point, "before");
  try {
    return await begin();
  } finally {
    pass(point, "after");
  }
}

async function* awaitEach<T>(point: string, iterable: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await awaitPoint(point, () => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

Object.assign(globalThis, { __awaitPoint: awaitPoint, __awaitEach: awaitEach });
