import type { Log } from "../part.ts";
import type { Listeners } from "./pool/instance.ts";

/**
 * What a host listens to once, however many instances it has: timers and change feeds. When the app is loaded again the new listeners
 * begin after the old ones have finished what they run, however long that takes; of several that wait only the last begins.
 */
export class Singletons {
  readonly #log: Log;
  #current: Listeners | undefined;
  #switching: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Resolves when `next` listens. */
  async begin(next: Listeners): Promise<void> {
    this.#current = next;
    this.#stopped = false;
    await next.start();
  }

  /** Resolves when those before have finished; `next` begins behind that by itself. */
  follow(next: Listeners): Promise<void> {
    const finished = this.#finish(this.#current);
    this.#current = next;
    this.#stopped = false;
    this.#switching = this.#beginAfter(finished, next);
    return finished;
  }

  async #finish(before: Listeners | undefined): Promise<void> {
    try {
      await this.#switching;
      await before?.stop();
      await before?.close();
    } catch (error) {
      this.#tell(error);
    }
  }

  async #beginAfter(finished: Promise<void>, next: Listeners): Promise<void> {
    try {
      await finished;
      if (this.#current === next && !this.#stopped) await next.start();
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    this.#log("timers and change feeds failed", { error: String(error) });
  }

  /** Nothing new begins; resolves when everything under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#switching;
    await this.#current?.stop();
  }

  /** Drops whatever is left. */
  async close(): Promise<void> {
    await this.#current?.close();
  }
}
