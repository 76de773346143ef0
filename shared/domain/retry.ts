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
/** Vendors break and mend their addresses and keys within a day; asking more often mends nothing. */
const MENDABLE_FOR_MS = 24 * HOUR;
const MENDABLE_GAP = 4;

export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

interface Passing<Kind extends string> {
  readonly kind: Kind;
  readonly retryAfterMs?: number;
  readonly description: string;
}

/** What kind of failure it was; `shared/ports/faults.ts` tells it from an error. */
export type FailureClass =
  | { readonly kind: "permanent"; readonly reason: string; readonly description: string }
  | Passing<"transient">
  | Passing<"throttled">
  | Passing<"dependency-down">
  | Passing<"mendable">
  /** Nobody was called. */
  | { readonly kind: "not-now"; readonly untilMs: number; readonly description: string }
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
  /** As a retry, but no attempt was made and none is counted. */
  | { readonly kind: "wait"; readonly atMs: number }
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
  const deadlineMs = deadlineOf(failed);
  if (nowMs >= deadlineMs) {
    const description = `Given up after ${attempt} attempts; the last one failed with: ${failure.description}`;
    return { kind: "park", reason: "BudgetExhausted", description };
  }
  if (failure.kind === "not-now") {
    // Those who wait for the same moment come back spread over the time of a first retry.
    const atMs = Math.ceil(Math.max(failure.untilMs, nowMs) + policy.baseMs * failed.chance);
    return { kind: "wait", atMs: Math.min(atMs, deadlineMs) };
  }
  return { kind: "retry", atMs: Math.min(nowMs + waitMs(failed, policy), deadlineMs) };
}

function deadlineOf({ failure, firstEnqueuedAtMs, budgetMs }: FailedAttempt): number {
  const mostMs = failure.kind === "mendable" ? MENDABLE_FOR_MS : Number.POSITIVE_INFINITY;
  return firstEnqueuedAtMs + Math.min(budgetMs, mostMs);
}

function waitMs({ failure, attempt, chance }: FailedAttempt, { baseMs, capMs }: RetryPolicy): number {
  if (failure.kind === "mendable") return Math.ceil(capMs * MENDABLE_GAP * (1 - chance / 2));
  if ("retryAfterMs" in failure && failure.retryAfterMs !== undefined) {
    const asked = Math.min(Math.max(failure.retryAfterMs, SECOND), LONGEST_RETRY_AFTER_MS);
    return Math.ceil(asked * (1 + THROTTLE_SPREAD * chance));
  }
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.ceil(ceiling * chance);
}
