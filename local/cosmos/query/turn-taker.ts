import { setImmediate } from "node:timers/promises";

/** How long a scan may keep the process to itself. */
const SLICE_MS = 2;

/** Lets a long scan give way to other requests now and then. Real time: it is about this process, not about data. */
export class TurnTaker {
  readonly #start = performance.now();
  #sliceStart = this.#start;

  /** Cheap next to looking at an item, and an item may have two megabytes. */
  due(): boolean {
    return performance.now() - this.#sliceStart > SLICE_MS;
  }

  async turn(): Promise<void> {
    await setImmediate();
    this.#sliceStart = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }
}
