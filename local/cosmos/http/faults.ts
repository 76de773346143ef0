import type { Clock } from "../../clock/clock.ts";
import type { JsonObject } from "../json.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { tooManyRequests } from "./budgets.ts";

interface Fault {
  readonly status: 429 | 503 | undefined;
  readonly retryAfterMs: number;
  readonly latencyMs: number;
  left: number;
}

const MAX_WAIT_MS = 60_000;
const known: ReadonlySet<string> = new Set(["status", "count", "retryAfterMs", "latencyMs"]);

/** Faults on purpose, for requests on items: refusals (429, 503) or delay, for a number of requests or until changed. */
export class Faults {
  readonly #clock: Clock;
  #fault: Fault | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `{status, count?, retryAfterMs?}`, `{latencyMs, count?}` or `{}` for none. Replaces what was set before. */
  set(wish: JsonObject): void {
    for (const name of Object.keys(wish)) {
      if (!known.has(name)) throw badRequest(`Fault setting '${name}' is unknown.`);
    }
    const status = wish["status"];
    const latencyMs = number(wish, "latencyMs", 0);
    if (status === undefined && latencyMs === 0) {
      this.#fault = undefined;
      return;
    }
    if (status !== undefined && status !== 429 && status !== 503) throw badRequest("'status' is 429 or 503.");
    const count = number(wish, "count", 0);
    const left = count === 0 ? Infinity : count;
    this.#fault = { status, latencyMs, retryAfterMs: number(wish, "retryAfterMs", 100), left };
  }

  get current(): JsonObject {
    if (this.#fault === undefined) return {};
    const { status, retryAfterMs, latencyMs, left } = this.#fault;
    return {
      ...(status === undefined ? {} : { status, retryAfterMs }),
      ...(latencyMs === 0 ? {} : { latencyMs }),
      ...(left === Infinity ? {} : { count: left }),
    };
  }

  /** True when `apply` has something to do; spares every request a promise. */
  get active(): boolean {
    return this.#fault !== undefined;
  }

  /** Waits or throws, as set. */
  async apply(): Promise<void> {
    const fault = this.#fault;
    if (fault === undefined) return;
    if (--fault.left <= 0) this.#fault = undefined;
    const { status, latencyMs, retryAfterMs } = fault;
    if (latencyMs > 0) await new Promise<void>((resolve) => void this.#clock.schedule(latencyMs, resolve));
    if (status === 429) throw tooManyRequests(retryAfterMs);
    if (status === 503) throw new Refusal(503, "Service is currently unavailable.", { retryAfterMs });
  }
}

function number(wish: JsonObject, name: string, otherwise: number): number {
  const value = wish[name] ?? otherwise;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_WAIT_MS) {
    throw badRequest(`'${name}' must be a whole number from 0 to ${MAX_WAIT_MS}.`);
  }
  return value;
}
