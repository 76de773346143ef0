import type { Clock } from "../../clock/clock.ts";
import { isObject, type Json } from "../json.ts";
import { badRequest, Refusal, SubStatus } from "../refusal.ts";
import type { Container } from "../store/container.ts";

const SECOND = 1000;
/** Of a container that was created without throughput. */
const DEFAULT_RU = 400;

interface Budget {
  /** Request units left; what costs more than is left makes it negative, and the next request waits. */
  left: number;
  at: number;
}

/**
 * Throughput per container: a second's worth of request units, refilled as time goes by. Off unless asked for: then
 * requests on items are refused with 429 while nothing is left.
 */
export class Budgets {
  enforced = false;
  readonly #clock: Clock;
  readonly #budgets = new Map<number, Budget>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `{enforced: boolean}`. */
  set(wish: Json): void {
    const enforced = isObject(wish) && Object.keys(wish).length === 1 ? wish["enforced"] : undefined;
    if (typeof enforced !== "boolean")
      throw badRequest("'enforced' must be true or false, and nothing else.");
    this.enforced = enforced;
    this.#budgets.clear();
  }

  /** Throws 429 if the container has nothing left. `shared`: the throughput of its database. */
  admit(container: Container, shared: Container["throughput"]): void {
    const ru = rate(container.throughput ?? shared);
    const budget = this.#refilled(container.number, ru);
    if (budget.left > 0) return;
    throw tooManyRequests(Math.ceil((-budget.left / ru) * SECOND) + 1);
  }

  spend(container: Container, charge: number): void {
    const budget = this.#budgets.get(container.number);
    if (budget !== undefined) budget.left -= charge;
  }

  #refilled(number: number, ru: number): Budget {
    const now = this.#clock.now();
    let budget = this.#budgets.get(number);
    if (budget === undefined) {
      budget = { left: ru, at: now };
      this.#budgets.set(number, budget);
    }
    budget.left = Math.min(ru, budget.left + ((now - budget.at) / SECOND) * ru);
    budget.at = now;
    return budget;
  }
}

const rate = (throughput: Container["throughput"]): number =>
  throughput?.autoscaleMax ?? throughput?.manual ?? DEFAULT_RU;

export const tooManyRequests = (retryAfterMs: number): Refusal =>
  new Refusal(
    429,
    'Message: {"Errors":["Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later."]}',
    { retryAfterMs, subStatus: SubStatus.throttled },
  );
