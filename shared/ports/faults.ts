import { withoutMailAddresses } from "#shared/domain/mail-addresses.ts";
import type { FailureClass } from "#shared/domain/retry.ts";

/**
 * What adapters throw when the world fails. They translate every client's own errors at the edge; nothing above
 * an adapter sees an SDK error. Anything else that is thrown is a bug of ours.
 */
interface TransientDetails {
  /** What the other side asked for (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
  /** True when the call may have taken effect: time-out or lost connection after the request went out. */
  readonly unknownOutcome?: boolean;
  /**
   * What it says about the other side, where that is more than "it failed":
   * - `throttled`: it is fine and asks everybody for time (429, 503 with Retry-After, SMTP 421 and 45x)
   * - `dependency-down`: it cannot work for anybody (a provider's API answers 401, 403, 404 or 3xx: wrong key or address)
   * - `mendable`: this one recipient refuses for now and may mend it within a day (a webhook answers 401, 403 or 404)
   */
  readonly kind?: TransientKind | undefined;
  readonly cause?: unknown;
}

type TransientKind = "transient" | "throttled" | "dependency-down" | "mendable";

/** Worth trying again later: time-out, refused connection, 408, 425, 429, 5xx. */
export class TransientFault extends Error {
  override readonly name = "TransientFault";
  readonly retryAfterMs: number | undefined;
  readonly unknownOutcome: boolean;
  readonly kind: TransientKind;

  constructor(message: string, details: TransientDetails = {}) {
    super(message, { cause: details.cause });
    this.retryAfterMs = details.retryAfterMs;
    this.unknownOutcome = details.unknownOutcome ?? false;
    this.kind = details.kind ?? "transient";
  }
}

/** No later attempt can succeed. `reason` is a short stable word that ops group dead letters by. */
export class PermanentFault extends Error {
  override readonly name = "PermanentFault";
  readonly reason: string;

  constructor(reason: string, description: string, cause?: unknown) {
    super(description, { cause });
    this.reason = reason;
  }
}

/**
 * Nobody was called: the circuit is open, or the calls of this second are used up. Costs no attempt; `untilMs` is when
 * it may be tried again.
 */
export class NotNow extends Error {
  override readonly name = "NotNow";
  readonly untilMs: number;

  constructor(what: string, untilMs: number) {
    super(`${what} is not called before ${new Date(untilMs).toISOString()}`);
    this.untilMs = untilMs;
  }
}

/** Anything that no adapter translated is a bug of ours. The description is kept and shown: it holds no mail address. */
export function classify(error: unknown): FailureClass {
  const description = withoutMailAddresses(error instanceof Error ? error.message : String(error));
  if (error instanceof PermanentFault) return { kind: "permanent", reason: error.reason, description };
  if (error instanceof TransientFault) {
    const { kind, retryAfterMs } = error;
    return { kind, description, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if (error instanceof NotNow) return { kind: "not-now", untilMs: error.untilMs, description };
  return { kind: "bug", description };
}
