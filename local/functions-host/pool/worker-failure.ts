import type { WireError } from "../worker/wire.ts";

/** Why an invocation has no result. `app` is the function's own error, the rest happened around it. */
export type FailureCause = "app" | "worker-lost" | "timeout" | "no-worker";

export class InvocationFailure extends Error {
  override readonly name = "InvocationFailure";
  readonly failure: FailureCause;
  /** The error as the app threw it. */
  readonly thrown: WireError | undefined;

  constructor(failure: FailureCause, message: string, thrown?: WireError) {
    super(message);
    this.failure = failure;
    this.thrown = thrown;
  }
}
