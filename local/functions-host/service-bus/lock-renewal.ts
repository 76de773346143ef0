import type { Clock, ScheduledCall } from "../../clock/clock.ts";

export interface LockRenewalOptions {
  readonly clock: Clock;
  /** How long after the message was received its lock is kept alive; negative = for ever. */
  readonly maxMs: number;
  /** Renews the lock. @returns until when, ms since the epoch. */
  renew(): Promise<number>;
  failed(error: unknown): void;
}

const LONGEST_BUFFER_MS = 10_000;
const SHORTEST_DELAY_MS = 100;

/**
 * Keeps a message's lock alive while its function runs; the client's own renewal goes by the wall clock, so a
 * hand-driven one would not reach it. Renews ten seconds (at most half the remaining time) before expiry.
 *
 * @returns the end of it.
 */
export function keepLocked(lockedUntilMs: number, options: LockRenewalOptions): () => void {
  const { clock, maxMs } = options;
  const endsAt = maxMs < 0 ? Number.POSITIVE_INFINITY : clock.now() + maxMs;
  let call: ScheduledCall | undefined;
  let ended = false;

  const arm = (untilMs: number): void => {
    const left = untilMs - clock.now();
    const delay = Math.max(SHORTEST_DELAY_MS, left - Math.min(left / 2, LONGEST_BUFFER_MS));
    if (clock.now() + delay >= endsAt) return;
    call = clock.schedule(delay, () => void renew());
  };
  const renew = async (): Promise<void> => {
    try {
      const untilMs = await options.renew();
      if (!ended) arm(untilMs);
    } catch (error) {
      // The lock will run out and the message come again; the function cannot be stopped anyway.
      if (!ended) options.failed(error);
    }
  };

  arm(lockedUntilMs);
  return () => {
    ended = true;
    call?.cancel();
  };
}
