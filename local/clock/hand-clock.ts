import type { Clock, ScheduledCall } from "./clock.ts";

/** A clock that stands still until a test moves it. */
export interface HandClock extends Clock {
  /**
   * Moves time forward, running everything that falls due in order of its due time. After each call the
   * event loop turns, so that work which a call started (I/O included) can schedule further calls.
   */
  advance(ms: number): Promise<void>;
  /** How many calls wait; a leak check for tests. */
  readonly pending: number;
}

interface Waiting {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

const turnOfTheEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createHandClock(startMs = Date.UTC(2026, 0, 1)): HandClock {
  let now = startMs;
  let order = 0;
  const waiting = new Set<Waiting>();

  const nextDueBy = (limit: number): Waiting | undefined => {
    let next: Waiting | undefined;
    for (const entry of waiting) {
      if (entry.dueAt > limit) continue;
      const earlier =
        next === undefined ||
        entry.dueAt < next.dueAt ||
        (entry.dueAt === next.dueAt && entry.order < next.order);
      if (earlier) next = entry;
    }
    return next;
  };

  return {
    now: () => now,
    get pending() {
      return waiting.size;
    },
    schedule(delayMs, callback): ScheduledCall {
      const entry: Waiting = { dueAt: now + Math.max(0, delayMs), order: order++, callback };
      waiting.add(entry);
      return { cancel: () => void waiting.delete(entry) };
    },
    async advance(ms) {
      const end = now + ms;
      await turnOfTheEventLoop();
      for (let next = nextDueBy(end); next !== undefined; next = nextDueBy(end)) {
        waiting.delete(next);
        now = Math.max(now, next.dueAt);
        next.callback();
        await turnOfTheEventLoop();
      }
      now = end;
      await turnOfTheEventLoop();
    },
  };
}
