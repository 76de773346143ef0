import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { SpareWorker } from "#local/functions-host/pool/spare-worker.ts";
import type { WorkerEvents } from "#local/functions-host/pool/worker-link.ts";
import type { FromWorker, ToWorker } from "#local/functions-host/worker/wire.ts";

interface Process {
  readonly pid: number;
  readonly events: WorkerEvents;
  readonly told: ToWorker[];
  killed: boolean;
}

const READY = { kind: "ready", functions: [], capabilities: {}, modules: ["node:http"] } as const;
const silent: WorkerEvents = { message: () => undefined, exit: () => undefined };

function useSpare(successors = true) {
  const appRoot = mkdtempSync(join(tmpdir(), "spare-"));
  onTestFinished(() => rmSync(appRoot, { recursive: true, force: true }));
  writeFileSync(join(appRoot, "package.json"), "{}");
  const clock = createHandClock();
  const processes: Process[] = [];
  const spare = new SpareWorker({
    appRoot,
    clock,
    successors,
    launch(events) {
      const process: Process = { pid: processes.length + 1, events, told: [], killed: false };
      processes.push(process);
      const kill = (): void => void (process.killed = true);
      return { pid: process.pid, post: (message) => process.told.push(message), kill };
    },
  });
  const at = (index: number): Process => {
    const found = processes[index];
    if (found === undefined) throw new Error(`there is no process ${index}`);
    return found;
  };
  /** A worker in use, and a spare behind it. */
  const begin = async (events = silent): Promise<void> => {
    spare.launch(events);
    at(0).events.message(READY);
    await clock.advance(500);
  };
  return { spare, clock, processes, at, begin, appRoot };
}

test("half a second after the app is loaded there is a spare, which imports what the app imported, and who launches next gets it", async () => {
  const { spare, processes, at, begin } = useSpare();
  await begin();

  const taken = spare.launch(silent);

  expect(processes).toHaveLength(2);
  expect(taken.pid).toBe(2);
  expect(at(1).told).toEqual([{ kind: "prepare", modules: ["node:http"] }]);
});

test("the first loads the app before anybody asks for it, and who asks hears of it once the link is there", async () => {
  const { spare, at } = useSpare();
  at(0).events.message(READY);
  const heard: unknown[] = [];

  const link = spare.launch({ message: (message) => heard.push(message), exit: (how) => heard.push(how) });
  expect(heard).toEqual([]);
  await Promise.resolve();

  expect(link.pid).toBe(1);
  expect(at(0).told).toEqual([{ kind: "prepare", modules: [] }, { kind: "begin" }]);
  expect(heard).toEqual([READY]);
});

test("without successors the first is the only one, and nothing is prepared", async () => {
  const { spare, clock, processes, at, begin } = useSpare(false);
  await begin();

  await clock.advance(60_000);
  const second = spare.launch(silent);

  expect(second.pid).toBe(2);
  expect(processes).toHaveLength(2);
  expect(at(0).told).toEqual([{ kind: "begin" }]);
  expect(at(1).told).toEqual([]);
});

test("what a spare said is heard by who takes it, and so is its end", async () => {
  const { spare, at, begin } = useSpare();
  await begin();
  const line: FromWorker = { kind: "log", level: "error", category: "console", message: "imported" };
  at(1).events.message(line);
  const heard: unknown[] = [];

  spare.launch({ message: (message) => heard.push(message), exit: (how) => heard.push(how) });
  await Promise.resolve();
  at(1).events.exit("exit code 3");

  expect(heard).toEqual([line, "exit code 3"]);
});

test("a spare that dies is replaced; one that dies again and again waits longer and longer", async () => {
  const { clock, processes, at, begin } = useSpare();
  await begin();

  for (let death = 1; death <= 3; death += 1) {
    at(death).events.exit("signal SIGKILL");
    await clock.advance(0);
  }
  expect(processes).toHaveLength(5);
  at(4).events.exit("signal SIGKILL");

  await clock.advance(999);
  expect(processes).toHaveLength(5);
  await clock.advance(1);
  expect(processes).toHaveLength(6);
});

test("an app that cannot be loaded leaves a spare for the one that is mended", async () => {
  const { spare, clock, processes, at, begin } = useSpare();
  await begin();
  spare.launch(silent);

  at(1).events.message({ kind: "start-failed", error: { name: "Error", message: "broken" } });
  await clock.advance(500);

  expect(processes).toHaveLength(3);
  expect(at(2).told).toEqual([{ kind: "prepare", modules: ["node:http"] }]);
});

test("a spare from before packages were installed is not used", async () => {
  const { spare, processes, at, begin, appRoot } = useSpare();
  await begin();
  utimesSync(join(appRoot, "package.json"), 1, 1);

  const launched = spare.launch(silent);

  expect(launched.pid).toBe(3);
  expect(at(1).killed).toBe(true);
  expect(processes).toHaveLength(3);
});

test("after the end there is none, whatever is still said", async () => {
  const { spare, clock, processes, at, begin } = useSpare();
  await begin();

  spare.close();
  at(1).events.exit("signal SIGKILL");
  at(0).events.message(READY);
  await clock.advance(60_000);

  expect(at(1).killed).toBe(true);
  expect(processes).toHaveLength(2);
});
