/**
 * The one clock of the embedded cloud. Locks, schedules, time-to-live and timers all go through it, so a
 * hand-driven clock turns a four-hour outage into a test of seconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, `delayMs` from now (0 = as soon as possible, never synchronously). */
  schedule(delayMs: number, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  /** Idempotent; does nothing when the call already ran. */
  cancel(): void;
}

/** setTimeout fires at once for anything above a signed 32-bit integer; longer waits are taken in stages. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Wall-clock time. Its timers do not keep the process alive: servers do that. */
export const realClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, callback) {
    const due = Date.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = due - Date.now();
      timer =
        left > MAX_TIMEOUT_MS ? setTimeout(arm, MAX_TIMEOUT_MS) : setTimeout(callback, Math.max(0, left));
      timer.unref();
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};
