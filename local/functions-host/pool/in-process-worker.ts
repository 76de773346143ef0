import type { Settings } from "../settings.ts";
import type { FromWorker, ToWorker } from "../worker/wire.ts";
import { startWorker } from "../worker/worker.ts";
import type { LaunchWorker } from "./worker-link.ts";

// The library remembers one core module per process, so apps must load one after the other.
let previousLoad: Promise<unknown> = Promise.resolve();

/**
 * The app inside the host's own process, for unit tests and debugging: same code, no process border. A crash of
 * the app is a crash of the host, time-outs cannot end anything, and settings stay in `process.env`.
 */
export function inProcessWorkers(appRoot: string, settings: Settings): LaunchWorker {
  return (events) => {
    let gone = false;
    const emit = (message: FromWorker): void => {
      if (!gone) events.message(message);
    };
    const loaded = Promise.withResolvers<void>();
    const worker = previousLoad.then(() => {
      Object.assign(process.env, settings);
      return startWorker(appRoot, (message) => {
        if (message.kind === "ready" || message.kind === "start-failed") loaded.resolve();
        emit(message);
      });
    });
    previousLoad = loaded.promise;
    const exit = (how: string): void => {
      if (gone) return;
      gone = true;
      setImmediate(() => events.exit(how));
    };
    return {
      pid: process.pid,
      post: (message: ToWorker) => void worker.then((running) => running.handle(message)),
      kill: () => exit("dropped"),
    };
  };
}
