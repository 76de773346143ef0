import type { Clock, ScheduledCall } from "../../clock/clock.ts";

/** One timer for many deadlines: it only knows the next one, and whoever it calls names the one after. */
export class Due {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #armed: { readonly at: number; readonly call: ScheduledCall } | undefined;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Calls no later than `at`, unless it is stopped before. Undefined = nothing to wait for. */
  by(at: number | undefined): void {
    if (at === undefined || (this.#armed !== undefined && this.#armed.at <= at)) return;
    this.#armed?.call.cancel();
    const call = this.#clock.schedule(Math.max(0, at - this.#clock.now()), () => {
      this.#armed = undefined;
      this.#callback();
    });
    this.#armed = { at, call };
  }

  stop(): void {
    this.#armed?.call.cancel();
    this.#armed = undefined;
  }
}
