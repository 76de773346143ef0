import { RETRY_AFTER_SECONDS, type Trouble } from "../fakes/trouble.ts";

/** The mode which makes a partner trouble the next call, and only that. */
export function modeFor(trouble: Trouble): Readonly<Record<string, unknown>> {
  const retryAfter = trouble === "throttled" ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {};
  return { mode: trouble, count: 1, ...retryAfter };
}
