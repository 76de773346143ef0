import type { Clock } from "../../clock/clock.ts";
import type { RetryPolicy } from "../app/retry-policy.ts";
import { InvocationFailure } from "../pool/worker-failure.ts";
import type { InvocationRequest, InvocationResponse, RetryContext } from "../worker/wire.ts";
import { delayBeforeMs } from "./delays.ts";

export interface RetryOptions {
  readonly policy: RetryPolicy | undefined;
  readonly clock: Clock;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
  /** Ends the waiting between attempts. */
  readonly stopping: AbortSignal;
}

/** How the last attempt ended, or that there was no further one because the host is stopping. */
export type Ending = "succeeded" | "failed" | "interrupted";

/**
 * Runs a function until it succeeds or its policy has no attempt left. All of it happens in the memory of one host: what it
 * counted is lost with it. Each attempt is an invocation of its own and knows from the second on which one it is.
 */
export async function invokeWithRetries(
  request: (retryContext: RetryContext | undefined) => InvocationRequest,
  { policy, clock, invoke, stopping }: RetryOptions,
): Promise<Ending> {
  let context: RetryContext | undefined;
  for (let retry = 1; ; retry += 1) {
    try {
      await invoke(request(context));
      return "succeeded";
    } catch (error) {
      // The failure was logged where it was noticed.
      if (stopping.aborted) return "interrupted";
      const delayMs = policy === undefined ? undefined : delayBeforeMs(policy, retry, Math.random());
      if (policy === undefined || delayMs === undefined) return "failed";
      context = { retryCount: retry, maxRetryCount: policy.maxRetryCount, exception: exceptionOf(error) };
      if (!(await waited(clock, delayMs, stopping))) return "interrupted";
    }
  }
}

function exceptionOf(error: unknown): NonNullable<RetryContext["exception"]> {
  const thrown = error instanceof InvocationFailure ? error.thrown : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return thrown?.stack === undefined ? { message } : { message, stackTrace: thrown.stack };
}

/** @returns false when it was interrupted. */
export function waited(clock: Clock, delayMs: number, stopping: AbortSignal): Promise<boolean> {
  if (stopping.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const interrupted = (): void => {
      call.cancel();
      resolve(false);
    };
    const call = clock.schedule(delayMs, () => {
      stopping.removeEventListener("abort", interrupted);
      resolve(true);
    });
    stopping.addEventListener("abort", interrupted, { once: true });
  });
}
