import type { Clock, ScheduledCall } from "../clock/clock.ts";
import type { GroupCommit } from "../sqlite/group-commit.ts";
import type { CallEnd, CallFacts, Ledger, PartnerName } from "./ledger.ts";
import type { Modes } from "./modes.ts";

/** What a partner's own rules make of a call: its end for the ledger and the answer for the caller. */
export interface Served<T> extends CallEnd {
  readonly answer: T;
}

/** How the call ends for the caller; HTTP and SMTP each put it into their own words. */
export type Result<T> =
  | { readonly kind: "answered"; readonly answer: T }
  | { readonly kind: "refused"; readonly status: number; readonly retryAfterSeconds?: number }
  /** Nothing is answered; the connection drops. */
  | { readonly kind: "dropped" };

/**
 * Where every call of every partner passes: mode, effect and ledger entry in one commit. Resolves when that
 * commit is on disk, so that no effect is ever answered and then forgotten.
 */
export interface Desk {
  readonly store: GroupCommit;
  readonly clock: Clock;
  /** `work` is synchronous and runs inside the commit; it isn't run when the mode refuses the call. */
  serve<T>(name: PartnerName, facts: CallFacts, work: () => Served<T>): Promise<Result<T>>;
  /** Drops the calls that are still waiting. */
  stop(): void;
}

export function createDesk(store: GroupCommit, clock: Clock, ledger: Ledger, modes: Modes): Desk {
  const waiting = new Map<ScheduledCall, (outcome: "waited" | "stopped") => void>();

  const wait = (delayMs: number): Promise<"waited" | "stopped"> =>
    new Promise((resolve) => {
      const call = clock.schedule(delayMs, () => {
        waiting.delete(call);
        resolve("waited");
      });
      waiting.set(call, resolve);
    });

  const inOneCommit = <T>(name: PartnerName, facts: CallFacts, work: () => Served<T>): Result<T> => {
    const weather = modes.decide(name, facts);
    if (weather.kind === "refused") {
      const outcome = weather.status === 429 ? "throttled" : `refused-${weather.status}`;
      ledger.add(name, clock.now(), facts, { outcome, effect: false });
      return weather;
    }
    const { answer, ...end } = work();
    if (weather.kind === "fair") {
      ledger.add(name, clock.now(), facts, end);
      return { kind: "answered", answer };
    }
    const details = { ...end.details, unheard: end.outcome };
    ledger.add(name, clock.now(), facts, { outcome: "answer-lost", effect: end.effect, details });
    return { kind: "dropped" };
  };

  return {
    store,
    clock,
    async serve(name, facts, work) {
      const delayMs = modes.delayMs(name, facts);
      if (delayMs > 0 && (await wait(delayMs)) === "stopped") return { kind: "dropped" };
      return store.write(() => inOneCommit(name, facts, work));
    },
    stop() {
      for (const [call, resolve] of waiting) {
        call.cancel();
        resolve("stopped");
      }
      waiting.clear();
    },
  };
}
