/** What the broker is told of a delivery. */
export type Outcome = "complete" | "abandon";

interface Waiting {
  readonly outcome: Outcome;
  readonly settle: () => Promise<void>;
  readonly resolve: (result: Promise<void>) => void;
}

/**
 * Lets only one kind of outcome be under way on a link at a time.
 *
 * The AMQP client (rhea 3.0.5, `write_dispositions`) writes two neighbouring deliveries that are settled in the
 * same turn as one disposition with the outcome of the first: abandoning one message while its neighbour is
 * completed completes both, and the second is lost although both promises resolve. So a settlement with another
 * outcome waits until the broker has answered all those before it; equal ones run together.
 */
export class SettlementGate {
  #current: Outcome | undefined;
  #underWay = 0;
  #waiting: Waiting[] = [];

  /** Runs `settle` when it is safe, in the order of the calls. Resolves or rejects as `settle` does. */
  settle(outcome: Outcome, settle: () => Promise<void>): Promise<void> {
    if (this.#waiting.length === 0 && (this.#underWay === 0 || this.#current === outcome)) {
      return this.#run(outcome, settle);
    }
    return new Promise((resolve) => this.#waiting.push({ outcome, settle, resolve }));
  }

  async #run(outcome: Outcome, settle: () => Promise<void>): Promise<void> {
    this.#current = outcome;
    this.#underWay += 1;
    try {
      await settle();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#next();
    }
  }

  #next(): void {
    const outcome = this.#waiting[0]?.outcome;
    if (outcome === undefined) return;
    const end = this.#waiting.findIndex((each) => each.outcome !== outcome);
    const group = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    for (const each of group) each.resolve(this.#run(outcome, each.settle));
  }
}
