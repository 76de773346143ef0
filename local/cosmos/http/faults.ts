import type { Clock } from "../../clock/clock.ts";
import type { JsonObject } from "../json.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { tooManyRequests } from "./budgets.ts";

interface Fault {
  readonly status: FaultStatus | undefined;
  readonly retryAfterMs: number;
  readonly latencyMs: number;
  left: number;
}

/**
 * What the service answers to a sound request now and then. 449 is how it turns away one of two writes that change an item at the
 * same instant; this endpoint does one after the other and has no such instant, so 449 comes on demand only.
 * https://learn.microsoft.com/azure/cosmos-db/nosql/conceptual-resilient-sdk-applications
 */
const faults = {
  408: () => new Refusal(408, "The operation could not be completed within the permitted time."),
  410: () => new Refusal(410, "The requested resource is no longer available at the server."),
  429: tooManyRequests,
  449: (retryAfterMs: number) =>
    new Refusal(449, "Conflicting request to resource has been attempted. Retry to avoid conflicts.", {
      retryAfterMs,
    }),
  503: (retryAfterMs: number) => new Refusal(503, "Service is currently unavailable.", { retryAfterMs }),
} as const;
type FaultStatus = keyof typeof faults;
const isFault = (status: unknown): status is FaultStatus =>
  typeof status === "number" && Object.hasOwn(faults, status);

const MAX_WAIT_MS = 60_000;
const known: ReadonlySet<string> = new Set(["status", "count", "retryAfterMs", "latencyMs"]);

/** Faults on purpose, for requests on items: refusals (408, 410, 429, 449, 503) or delay, for a number of requests or until changed. */
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
    if (status !== undefined && !isFault(status)) {
      throw badRequest(`'status' is one of ${Object.keys(faults).join(", ")}.`);
    }
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
    if (status !== undefined) throw faults[status](retryAfterMs);
  }
}

function number(wish: JsonObject, name: string, otherwise: number): number {
  const value = wish[name] ?? otherwise;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_WAIT_MS) {
    throw badRequest(`'${name}' must be a whole number from 0 to ${MAX_WAIT_MS}.`);
  }
  return value;
}
