import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { endAs, SIGNALS } from "./ending.mjs";
import { look } from "./processes.mjs";
import { Refusal } from "./refusal.mjs";

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
 * @param {ChildProcess} child
 * @param {AbortSignal} parentGone
 */
function leaveWithParent(child, parentGone) {
  const leave = () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), ORPHAN_MAY_TAKE_MS).unref();
  };
  if (parentGone.aborted) leave();
  else parentGone.addEventListener("abort", leave, { once: true });
}

/**
 * Passes each signal on once per gesture of the user, so that a script may take a second one for "at once, please".
 * @param {ChildProcess} child
 */
function forwardSignals(child) {
  for (const signal of SIGNALS) {
    let lastAt = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      const isEcho = performance.now() - lastAt < SAME_GESTURE_MS;
      lastAt = performance.now();
      if (isEcho || (signal === "SIGINT" && terminalTellsTheScript())) return;
      child.kill(signal);
    });
  }
}

/**
 * Runs a script with the same terminal, input and output as this process, and ends with it. The script ends, too, when this process
 * is killed: see `scripts/leave-with-parent.ts`.
 * @param {{ node: string, root: string, script: string, args: readonly string[], parentGone: AbortSignal }} what
 * @returns {Promise<void>} when the script has ended
 */
export function runUnderPinnedNode({ node, root, script, args, parentGone }) {
  const preload = pathToFileURL(join(root, "scripts/bootstrap/preload.ts")).href;
  const child = spawn(node, ["--import", preload, script, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // What the script starts by the name of "node" shall be the same Node.
    env: { ...process.env, PATH: [dirname(node), process.env["PATH"]].join(delimiter) },
  });
  forwardSignals(child);
  leaveWithParent(child, parentGone);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Refusal(`Could not start ${node}: ${error.message}`)));
    child.once("exit", (code, signal) => {
      endAs(code, signal);
      resolve();
    });
  });
}
