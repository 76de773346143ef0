import type { FromWorker, ToWorker } from "../worker/wire.ts";

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** The worker is gone, wanted or not; nothing comes after this. `how` is for people. */
  exit(how: string): void;
}

/** The controller's end of one worker, whatever that is: a process, or the same process. */
export interface WorkerLink {
  readonly pid: number;
  post(message: ToWorker): void;
  /** Ends it at once; `exit` follows. */
  kill(): void;
}

/** Starts a worker, which loads the app when it is told to `begin`. */
export type LaunchWorker = (events: WorkerEvents) => WorkerLink;
