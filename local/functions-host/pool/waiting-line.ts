import type { Clock } from "../../clock/clock.ts";

/** Those who wait for something to change, each up to a time of its own. */
export class WaitingLine {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when something has changed, or the time is over. */
  changeOrTime(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const call = this.#clock.schedule(patienceMs, resolve);
      this.#waiting.push(() => {
        call.cancel();
        resolve();
      });
    });
  }

  wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
