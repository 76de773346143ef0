import type { Log } from "../../part.ts";
import { describeError } from "../describe-error.ts";

/** One line when a function's link goes down and one when it is back, however many attempts lie between. */
export class LinkReport {
  readonly #functionName: string;
  readonly #log: Log;
  #down = false;

  constructor(functionName: string, log: Log) {
    this.#functionName = functionName;
    this.#log = log;
  }

  down(error: unknown): void {
    if (this.#down) return;
    this.#down = true;
    this.#log("listener down", { function: this.#functionName, error: describeError(error) });
  }

  up(): void {
    if (this.#down) this.#log("listener recovered", { function: this.#functionName });
    this.#down = false;
  }
}
