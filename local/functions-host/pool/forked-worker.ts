import { type ChildProcess, fork } from "node:child_process";
import { getPriority, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Settings } from "../settings.ts";
import { batchedChannel } from "../worker/batched-channel.ts";
import type { FromWorker, ToWorker } from "../worker/wire.ts";
import type { InspectPorts } from "./inspect-ports.ts";
import type { LaunchWorker, WorkerEvents } from "./worker-link.ts";

export interface ForkOptions {
  readonly appRoot: string;
  readonly settings: Settings;
  /** Niceness relative to the controller: 0, or more for work that must not slow others down. */
  readonly niceness: number;
  /** For debugging, such as `--inspect`. */
  readonly execArgv: readonly string[];
  readonly inspectPorts: InspectPorts;
}

const CHILD = fileURLToPath(new URL("../worker/child.ts", import.meta.url));

/** What a worker gets of the controller's environment: what Node and the operating system need, nothing else. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "LANG",
  "SystemRoot",
  "USERPROFILE",
  "NODE_COMPILE_CACHE",
  "NODE_EXTRA_CA_CERTS",
];

/** The worker's environment: a few names of this machine, the names Azure always sets, then the app settings. */
export function workerEnvironment(settings: Settings): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    TZ: "UTC", // as on Azure
    FUNCTIONS_WORKER_RUNTIME: "node",
    FUNCTIONS_EXTENSION_VERSION: "~4",
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    ...settings,
  };
}

/** Workers as processes of their own, as on Azure. */
export function forkedWorkers(options: ForkOptions): LaunchWorker {
  return (events) => {
    const { execArgv, release } = options.inspectPorts.take(options.execArgv);
    const child = fork(CHILD, [options.appRoot], {
      cwd: options.appRoot,
      env: workerEnvironment(options.settings),
      execArgv,
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    if (options.niceness > 0) lowerPriority(child, options.niceness);
    child.once("close", release);
    listen(child, events);
    const post = batchedChannel<ToWorker>((batch) => {
      // A send that fails means the process is gone; its exit event tells the rest.
      if (child.connected) child.send(batch, () => undefined);
    });
    return { pid: child.pid ?? 0, post, kill: () => void child.kill("SIGKILL") };
  };
}

function listen(child: ChildProcess, events: WorkerEvents): void {
  let gone = false;
  const exit = (how: string): void => {
    if (gone) return;
    gone = true;
    events.exit(how);
  };
  // Both ends are ours: what comes in is what `child.ts` sends.
  child.on("message", (batch: readonly FromWorker[]) => {
    for (const message of batch) events.message(message);
  });
  child.on("error", (error) => exit(`could not be started: ${error.message}`));
  // "close" and not "exit": by then the last words on stderr have been read.
  child.on("close", (code, signal) => exit(signal === null ? `exit code ${code}` : `signal ${signal}`));
  forwardLines(child, "stdout", events);
  forwardLines(child, "stderr", events);
}

/** What comes in one piece stays one entry: a stack trace is not ten events. */
function forwardLines(child: ChildProcess, name: "stdout" | "stderr", events: WorkerEvents): void {
  const level = name === "stderr" ? "error" : "information";
  let open = "";
  const emit = (text: string): void => {
    const message = text.trim();
    if (message !== "") events.message({ kind: "log", level, category: "console", message });
  };
  child[name]?.setEncoding("utf8");
  child[name]?.on("data", (chunk: string) => {
    const end = chunk.lastIndexOf("\n");
    if (end < 0) {
      open += chunk;
      return;
    }
    emit(open + chunk.slice(0, end));
    open = chunk.slice(end + 1);
  });
  child[name]?.on("end", () => emit(open));
}

function lowerPriority(child: ChildProcess, niceness: number): void {
  if (child.pid === undefined) return;
  try {
    // At once: on Linux niceness belongs to threads, and the ones Node starts later inherit it.
    setPriority(child.pid, getPriority() + niceness);
  } catch {
    // Not every system allows it. Then background work competes as an equal, which is only slower.
  }
}
