import type { Clock, ScheduledCall } from "#local/clock/clock.ts";

/**
 * Real time with jumps: it runs by itself, so that processes and connections need no hand to hold, and a test moves it
 * over everything that would only be waiting.
 */
export interface JumpClock extends Clock {
  /** How far ahead of the machine's clock it is. */
  readonly offsetMs: number;
  /** Moves time forward and runs what falls due, in order. `moved` of the constructor is told first. */
  jump(ms: number): void;
}

interface Waiting {
  readonly dueAtMs: number;
  readonly callback: () => void;
  timer: NodeJS.Timeout;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export function createJumpClock(moved: (offsetMs: number) => void): JumpClock {
  let offsetMs = 0;
  const waiting = new Set<Waiting>();
  const now = (): number => Date.now() + offsetMs;

  const run = (entry: Waiting): void => {
    clearTimeout(entry.timer);
    if (waiting.delete(entry)) entry.callback();
  };
  const arm = (entry: Waiting): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (entry.dueAtMs <= now()) run(entry);
        else entry.timer = arm(entry);
      },
      Math.min(LONGEST_TIMEOUT_MS, Math.max(0, entry.dueAtMs - now())),
    ).unref();

  return {
    now,
    get offsetMs() {
      return offsetMs;
    },
    schedule(delayMs, callback): ScheduledCall {
      const entry: Waiting = { dueAtMs: now() + Math.max(0, delayMs), callback, timer: setTimeout(() => {}) };
      clearTimeout(entry.timer);
      entry.timer = arm(entry);
      waiting.add(entry);
      return {
        cancel() {
          clearTimeout(entry.timer);
          waiting.delete(entry);
        },
      };
    },
    jump(ms) {
      offsetMs += ms;
      moved(offsetMs);
      const due = [...waiting].filter(({ dueAtMs }) => dueAtMs <= now());
      for (const entry of due.toSorted((a, b) => a.dueAtMs - b.dueAtMs)) run(entry);
    },
  };
}
