import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { look } from "./processes.mjs";
import { Refusal } from "./refusal.mjs";

const LOOK_FOR_PARENT_EVERY_MS = 500;
/** An orphan has nobody to report to; what it had acknowledged is on disk. */
const ORPHAN_MAY_TAKE_MS = 2000;
/** One Ctrl-C arrives several times: from the terminal, and from npm, which passes it on. */
const SAME_GESTURE_MS = 1000;
/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** Ctrl-C goes to the whole foreground group, and so to the script without our doing. */
function terminalTellsTheScript() {
  const here = look("self");
  return here === undefined ? process.stdin.isTTY : here.group === here.foregroundGroup;
}

/**
 * Ends the script when npm is gone. npm runs scripts through a shell, which may stay between the two and outlive npm.
 * @param {ChildProcess} child
 */
function leaveWithParent(child) {
  const parent = process.ppid;
  const throughShell = process.env["npm_lifecycle_event"] !== undefined && process.platform === "linux";
  const grandparent = throughShell ? look(parent)?.parent : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (!throughShell || look(parent)?.parent === grandparent)) return;
    clearInterval(timer);
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), ORPHAN_MAY_TAKE_MS).unref();
  }, LOOK_FOR_PARENT_EVERY_MS);
  timer.unref();
}

/**
 * Passes each signal on once per gesture of the user, so that a script may take a second one for "at once, please".
 * @param {ChildProcess} child
 */
function forwardSignals(child) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    let lastAt = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      const isEcho = performance.now() - lastAt < SAME_GESTURE_MS;
      lastAt = performance.now();
      if (isEcho || (signal === "SIGINT" && terminalTellsTheScript())) return;
      child.kill(signal);
    });
  }
}

/** Ends this process as the script ended. */
function endAs(/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) {
  if (signal === null) {
    process.exitCode = code ?? 1;
    return;
  }
  process.removeAllListeners(signal);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}

/**
 * Runs a script with the same terminal, input and output as this process, and ends with it. The script ends, too, when this process
 * is killed: see `scripts/leave-with-parent.ts`.
 * @param {{ node: string, root: string, script: string, args: readonly string[] }} what
 * @returns {Promise<void>} when the script has ended
 */
export function runUnderPinnedNode({ node, root, script, args }) {
  const preload = pathToFileURL(join(root, "scripts/bootstrap/preload.ts")).href;
  const child = spawn(node, ["--import", preload, script, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // What the script starts by the name of "node" shall be the same Node.
    env: { ...process.env, PATH: [dirname(node), process.env["PATH"]].join(delimiter) },
  });
  forwardSignals(child);
  leaveWithParent(child);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Refusal(`Could not start ${node}: ${error.message}`)));
    child.once("exit", (code, signal) => {
      endAs(code, signal);
      resolve();
    });
  });
}
