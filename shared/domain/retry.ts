const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long a kind of work may stay undone before an operator has to decide. Age counts, not attempts. */
export const budgetsMs = {
  order: 24 * HOUR,
  "customer-email": 24 * HOUR,
  "vendor-webhook": 72 * HOUR,
  "vendor-email": 72 * HOUR,
} as const;

/** An unknown error is a bug of ours: people must see it in minutes, not after a day of retries. */
const BUG_ATTEMPTS = 5;
const LONGEST_RETRY_AFTER_MS = 24 * HOUR;
const THROTTLE_SPREAD = 0.1;

export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

/** What kind of failure it was; `shared/ports/faults.ts` tells it from an error. */
export type FailureClass =
  | { readonly kind: "permanent"; readonly reason: string; readonly description: string }
  | { readonly kind: "transient"; readonly retryAfterMs?: number; readonly description: string }
  | { readonly kind: "bug"; readonly description: string };

export interface FailedAttempt {
  readonly failure: FailureClass;
  /** The attempt that failed; the first is 1. */
  readonly attempt: number;
  readonly firstEnqueuedAtMs: number;
  readonly budgetMs: number;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

export type Decision =
  | { readonly kind: "retry"; readonly atMs: number }
  | { readonly kind: "park"; readonly reason: string; readonly description: string };

/**
 * Decides what becomes of a failed attempt. Pure. Waits grow with full jitter up to the cap, honour Retry-After, and
 * never outlive the budget: the last try is made at the deadline itself.
 */
export function decide(failed: FailedAttempt, policy: RetryPolicy): Decision {
  const { failure, attempt, nowMs } = failed;
  if (failure.kind === "permanent") {
    return { kind: "park", reason: failure.reason, description: failure.description };
  }
  if (failure.kind === "bug" && attempt >= BUG_ATTEMPTS) {
    return { kind: "park", reason: "Bug", description: failure.description };
  }
  const deadlineMs = failed.firstEnqueuedAtMs + failed.budgetMs;
  if (nowMs >= deadlineMs) {
    const description = `Given up after ${attempt} attempts; the last one failed with: ${failure.description}`;
    return { kind: "park", reason: "BudgetExhausted", description };
  }
  return { kind: "retry", atMs: Math.min(nowMs + waitMs(failed, policy), deadlineMs) };
}

function waitMs({ failure, attempt, chance }: FailedAttempt, { baseMs, capMs }: RetryPolicy): number {
  if (failure.kind === "transient" && failure.retryAfterMs !== undefined) {
    const asked = Math.min(Math.max(failure.retryAfterMs, SECOND), LONGEST_RETRY_AFTER_MS);
    return Math.ceil(asked * (1 + THROTTLE_SPREAD * chance));
  }
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.ceil(ceiling * chance);
}
