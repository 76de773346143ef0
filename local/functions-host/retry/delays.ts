import type { RetryPolicy } from "../app/retry-policy.ts";

/** How far a backoff may lie from its nominal length, each way. */
const SPREAD = 0.2;

/** Beyond this every backoff has reached its maximum; numbers have not reached infinity. */
const MOST_DOUBLINGS = 50;

/**
 * How long to wait before attempt number `retry` (1 = the first repetition); undefined when there is none left.
 *
 * @param random in [0, 1)
 */
export function delayBeforeMs(policy: RetryPolicy, retry: number, random: number): number | undefined {
  if (policy.maxRetryCount !== -1 && retry > policy.maxRetryCount) return undefined;
  if (policy.strategy === "fixedDelay") return policy.delayMs;
  const { minimumMs, maximumMs } = policy;
  const factor = 1 - SPREAD + 2 * SPREAD * random;
  const backoff = minimumMs * factor * (2 ** Math.min(retry - 1, MOST_DOUBLINGS) - 1);
  return Math.min(maximumMs, minimumMs + backoff);
}
