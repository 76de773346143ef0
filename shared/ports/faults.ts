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
  readonly cause?: unknown;
}

/** Worth trying again later: time-out, refused connection, 408, 425, 429, 5xx. */
export class TransientFault extends Error {
  override readonly name = "TransientFault";
  readonly retryAfterMs: number | undefined;
  readonly unknownOutcome: boolean;

  constructor(message: string, details: TransientDetails = {}) {
    super(message, { cause: details.cause });
    this.retryAfterMs = details.retryAfterMs;
    this.unknownOutcome = details.unknownOutcome ?? false;
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

/** Anything that no adapter translated is a bug of ours. */
export function classify(error: unknown): FailureClass {
  if (error instanceof PermanentFault) {
    return { kind: "permanent", reason: error.reason, description: error.message };
  }
  if (error instanceof TransientFault) {
    const { retryAfterMs } = error;
    return {
      kind: "transient",
      description: error.message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  return { kind: "bug", description: error instanceof Error ? error.message : String(error) };
}
