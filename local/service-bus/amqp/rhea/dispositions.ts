import type { BrokerError } from "../../errors.ts";
import { ACCEPTED, dispositionFrame, rejected } from "../../wire/frames.ts";

/** Answers that wait to be written: one frame per failure, one per run of successes. */
export class Dispositions {
  readonly #role: boolean;
  #accepted: number[] = [];
  #failed: { readonly id: number; readonly failure: BrokerError }[] = [];

  /** `role` as in the frame: true = we speak as the receiver. */
  constructor(role: boolean) {
    this.#role = role;
  }

  add(id: number, failure: BrokerError | undefined): void {
    if (failure === undefined) this.#accepted.push(id);
    else this.#failed.push({ id, failure });
  }

  flush(channel: number, write: (frame: Buffer) => void): void {
    const done = this.#accepted.toSorted((a, b) => a - b);
    const failed = this.#failed;
    this.#accepted = [];
    this.#failed = [];
    for (let from = 0; from < done.length;) {
      let to = from;
      while (to + 1 < done.length && done[to + 1] === (done[to] ?? 0) + 1) to++;
      write(dispositionFrame(channel, this.#range(done[from] ?? 0, done[to] ?? 0), ACCEPTED));
      from = to + 1;
    }
    for (const { id, failure } of failed) {
      write(dispositionFrame(channel, this.#range(id, id), rejected(failure.condition, failure.message)));
    }
  }

  #range(first: number, last: number) {
    return { role: this.#role, first, last };
  }
}
