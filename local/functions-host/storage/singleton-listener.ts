import type { Log } from "../../part.ts";
import { describeError } from "../describe-error.ts";
import type { Listener } from "../listener.ts";
import type { Lock } from "./blob-lock.ts";

export interface SingletonOptions {
  readonly lock: Lock;
  readonly log: Log;
  /** The lock is held for this long without renewal. */
  readonly periodMs: number;
  /** How often those ask that have not got it. */
  readonly recoveryMs: number;
}

/** While the storage does not answer. */
const UNREACHABLE_MS = 1000;

/**
 * Lets a listener run on one host only: asking -> leading (the inner listener runs, the lock is renewed) -> asking, when
 * the lock was lost. All in real time, as leases are.
 */
export class SingletonListener implements Listener {
  readonly functionName: string;
  readonly #open: () => Listener;
  readonly #options: SingletonOptions;
  readonly #stopping = new AbortController();
  #leading: Promise<void> = Promise.resolve();
  #unreachable = false;

  /** @param open makes the inner listener, anew each time the lock is won. */
  constructor(functionName: string, open: () => Listener, options: SingletonOptions) {
    this.functionName = functionName;
    this.#open = open;
    this.#options = options;
  }

  /** Does not wait for the lock: another host may keep it for as long as it lives. */
  start(): Promise<void> {
    this.#leading = this.#compete();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#leading;
  }

  close(): Promise<void> {
    this.#stopping.abort();
    return Promise.resolve();
  }

  async #compete(): Promise<void> {
    const { lock, periodMs, recoveryMs } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const won = await this.#ask(() => lock.acquire());
      if (won === true) await this.#lead(periodMs);
      else await this.#pause(won === undefined ? UNREACHABLE_MS : recoveryMs);
    }
  }

  async #lead(periodMs: number): Promise<void> {
    const listener = this.#open();
    const heldSince = performance.now();
    const started = await this.#ask(() => listener.start().then(() => true));
    if (started === true) await this.#keep(periodMs, heldSince);
    if (started === undefined) await this.#pause(UNREACHABLE_MS);
    else if (!this.#stopping.signal.aborted) this.#options.log("lock lost", { function: this.functionName });
    await listener.stop();
    await this.#ask(() => this.#options.lock.release().then(() => true));
  }

  /** Renews the lock until it is lost, or the listener is stopped. */
  async #keep(periodMs: number, heldSince: number): Promise<void> {
    let lastHeld = heldSince;
    while (!this.#stopping.signal.aborted) {
      await this.#pause(lastHeld + periodMs / 2 > performance.now() ? periodMs / 2 : UNREACHABLE_MS);
      if (this.#stopping.signal.aborted) break;
      const held = await this.#ask(() => this.#options.lock.renew());
      if (held === true) lastHeld = performance.now();
      // Unreachable, it is still ours until the period is over.
      else if (held === false || performance.now() - lastHeld > periodMs) break;
    }
  }

  /** Undefined when the storage does not answer. */
  async #ask(question: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      const answer = await question();
      this.#unreachable = false;
      return answer;
    } catch (error) {
      if (!this.#unreachable) {
        this.#options.log("storage unreachable", {
          function: this.functionName,
          error: describeError(error),
        });
      }
      this.#unreachable = true;
      return undefined;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        clearTimeout(timer);
        this.#stopping.signal.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      timer.unref();
      this.#stopping.signal.addEventListener("abort", over);
    });
  }
}
