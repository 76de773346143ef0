import { setImmediate } from "node:timers/promises";

/** Rows between two looks at the time. */
const ROWS = 32;
/** How long a scan may keep the process to itself. */
const SLICE_MS = 10;

/** Lets a long scan give way to other requests now and then. Real time: it is about this process, not about data. */
export class TurnTaker {
  readonly #start = performance.now();
  #sliceStart = this.#start;
  #rows = 0;

  due(): boolean {
    return ++this.#rows % ROWS === 0 && performance.now() - this.#sliceStart > SLICE_MS;
  }

  async turn(): Promise<void> {
    await setImmediate();
    this.#sliceStart = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }
}
