import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Log } from "../part.ts";
import type { PartName, PartSettings } from "./parts.ts";

const PART_PROCESS = fileURLToPath(new URL("part-process.ts", import.meta.url));

/** A part that died is started again at once, then ever more slowly. */
const RESTART_BASE_MS = 100;
const RESTART_CAP_MS = 5_000;
/** A part that lived this long starts with a clean record. */
const HEALTHY_AFTER_MS = 10_000;
const STOP_PATIENCE_MS = 15_000;

export interface SupervisedPart {
  readonly name: PartName;
  /** What the part told of itself when it was ready. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** The process that runs it now; undefined between a crash and the restart. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

type FromChild =
  | { readonly failed: string }
  | { readonly ready: Readonly<Record<string, unknown>> }
  | { readonly log: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> } };

/** Runs a part in a process of its own and keeps it running until it is stopped. Throws when it cannot start at all. */
export async function superviseProcess(
  name: PartName,
  settings: PartSettings,
  log: Log,
): Promise<SupervisedPart> {
  let child: ChildProcess | undefined;
  let stopping = false;
  let restarts = 0;

  const launch = async (): Promise<Readonly<Record<string, unknown>>> => {
    const launched = fork(PART_PROCESS, [name], {
      serialization: "advanced",
      // A group of its own: Ctrl-C must reach the parts through us, in the right order.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    child = launched;
    // A child that is gone already is told of by its exit.
    launched.send(settings, () => undefined);
    let ready = false;
    const launchedAt = Date.now();
    launched.once("exit", (code, signal) => {
      child = undefined;
      if (stopping) return;
      log("part.died", { part: name, code, signal });
      restarts = Date.now() - launchedAt > HEALTHY_AFTER_MS ? 0 : restarts + 1;
      if (ready) setTimeout(() => void relaunch(), Math.min(RESTART_CAP_MS, RESTART_BASE_MS * 2 ** restarts));
    });
    const facts = await untilReady(launched, name, log);
    ready = true;
    return facts;
  };

  const relaunch = async (): Promise<void> => {
    if (stopping) return;
    try {
      await launch();
      log("part.restarted", { part: name });
    } catch (error) {
      log("part.failed", { part: name, error: String(error) });
      setTimeout(() => void relaunch(), RESTART_CAP_MS);
    }
  };

  const facts = await launch();
  return {
    name,
    facts,
    pid: () => child?.pid,
    async stop() {
      stopping = true;
      if (child === undefined) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child?.kill("SIGKILL"), STOP_PATIENCE_MS);
      await gone;
      clearTimeout(impatience);
    },
  };
}

async function untilReady(
  child: ChildProcess,
  name: PartName,
  log: Log,
): Promise<Readonly<Record<string, unknown>>> {
  let lastWords = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2_000);
    log("part.stderr", { part: name, text: chunk.toString().trimEnd() });
  });
  return await new Promise((resolve, reject) => {
    child.on("message", (message: FromChild) => {
      if ("ready" in message) resolve(message.ready);
      else if ("failed" in message) reject(new Error(`${name} could not start: ${message.failed}`));
      else log(message.log.event, { part: name, ...message.log.facts });
    });
    child.once("error", reject);
    child.once("exit", () =>
      reject(new Error(`${name} could not start: ${lastWords.trim() || "no message"}`)),
    );
  });
}
