import { constants } from "node:os";
import { look } from "./processes.mjs";

export const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
const LOOK_FOR_PARENT_EVERY_MS = 500;

/** A signal, or the end of the parent, came while something was under way. */
export class Interruption extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Interrupted by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Ends this process as another one ended.
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
export function endAs(code, signal) {
  if (signal === null) {
    process.exitCode = code ?? 1;
    return;
  }
  process.removeAllListeners(signal);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}

/**
 * Aborts when what started this process is gone. npm runs scripts through a shell, which may stay between the two and outlive npm.
 * @returns {AbortSignal}
 */
export function watchParent() {
  const gone = new AbortController();
  const parent = process.ppid;
  const throughShell = process.env["npm_lifecycle_event"] !== undefined && process.platform === "linux";
  const grandparent = throughShell ? look(parent)?.parent : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (!throughShell || look(parent)?.parent === grandparent)) return;
    clearInterval(timer);
    gone.abort();
  }, LOOK_FOR_PARENT_EVERY_MS);
  timer.unref();
  return gone.signal;
}

/**
 * Lets `work` clean up when a signal comes or the parent goes.
 * @template T
 * @param {AbortSignal} parentGone
 * @param {(interrupted: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {Interruption} instead of whatever `work` throws after it was interrupted
 */
export async function interruptible(parentGone, work) {
  const interrupted = new AbortController();
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => interrupted.abort(new Interruption(signal));
  const onParentGone = () => onSignal("SIGTERM");
  for (const signal of SIGNALS) process.on(signal, onSignal);
  parentGone.addEventListener("abort", onParentGone);
  try {
    return await work(interrupted.signal);
  } catch (error) {
    throw interrupted.signal.aborted ? interrupted.signal.reason : error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    parentGone.removeEventListener("abort", onParentGone);
  }
}
