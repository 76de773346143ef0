import { TransientFault } from "#shared/ports/faults.ts";

/** What may befall a call: refused, refused with Retry-After, or done without an answer. */
export type Trouble = "down" | "throttled" | "answer-lost";

export const RETRY_AFTER_SECONDS = 7;

/** Troubles to come, for the fakes: each hits one call. */
export interface Troubles {
  next(trouble: Trouble): void;
  /** Does the work as the next trouble allows. */
  around<T>(work: () => T): Promise<T>;
}

export function createTroubles(): Troubles {
  const waiting: Trouble[] = [];
  return {
    next: (trouble) => void waiting.push(trouble),
    async around(work) {
      const trouble = waiting.shift();
      await Promise.resolve();
      if (trouble === "down") throw new TransientFault("down");
      if (trouble === "throttled") {
        throw new TransientFault("throttled", {
          kind: "throttled",
          retryAfterMs: RETRY_AFTER_SECONDS * 1_000,
        });
      }
      const result = work();
      if (trouble === "answer-lost") throw new TransientFault("answer lost", { unknownOutcome: true });
      return result;
    },
  };
}
