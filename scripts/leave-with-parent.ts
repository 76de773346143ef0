/**
 * For scripts started by `scripts/bootstrap.mjs`, which loads this into every one of them (`bootstrap/preload.ts`).
 */
import { isMainThread } from "node:worker_threads";

const MAY_TAKE_MS = 2000;
const SAME_GESTURE_MS = 1000;

/**
 * Calls `stop` when the script shall end. One Ctrl-C may reach a process more than once (from the terminal and from the bootstrap): such echoes
 * are dropped; a second call means that the user asked again.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const isEcho = performance.now() - lastAt < SAME_GESTURE_MS;
      if (isEcho) return;
      lastAt = performance.now();
      stop(signal);
    });
  }
}

function leave(): void {
  setTimeout(() => process.exit(1), MAY_TAKE_MS).unref();
  process.kill(process.pid, "SIGTERM");
}

let leaves = false;

/**
 * Ends this process when the one that started it is gone, however it went: their channel closes. The process is told to
 * stop, as by SIGTERM, and ended if that takes too long. Without a channel, and when called again, nothing happens.
 */
export function leaveWithParent(): void {
  if (leaves || !isMainThread || process.channel === undefined || process.channel === null) return;
  leaves = true;
  process.once("disconnect", leave);
  // The listener alone would keep the process alive.
  process.channel.unref();
}
