import type { Clock } from "../../clock/clock.ts";

const MINUTE = 60_000;

/** Azure's host restarts each worker process up to three times within half an hour at once, then it ends. */
export const FREE_RESTARTS = 3;
export const RESTART_WINDOW_MS = 30 * MINUTE;

/** Where Azure's host gives up this one goes on, slower and slower: a local cloud should stay up. */
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 30_000;

/** Decides how long to wait before a crashed worker is started again. */
export class RestartPolicy {
  readonly #clock: Clock;
  readonly #freePerWorker: number;
  #free = FREE_RESTARTS;
  #crashes: number[] = [];

  /** @param size how many workers the group has; each brings its own free restarts. */
  constructor(clock: Clock, size: number, freePerWorker = FREE_RESTARTS) {
    this.#clock = clock;
    this.#freePerWorker = freePerWorker;
    this.setSize(size);
  }

  setSize(size: number): void {
    this.#free = this.#freePerWorker * size;
  }

  /** Counts one crash. */
  delayAfterCrashMs(): number {
    const now = this.#clock.now();
    this.#crashes = this.#crashes.filter((at) => now - at < RESTART_WINDOW_MS);
    this.#crashes.push(now);
    const beyond = this.#crashes.length - this.#free;
    return beyond <= 0 ? 0 : Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (beyond - 1));
  }
}
