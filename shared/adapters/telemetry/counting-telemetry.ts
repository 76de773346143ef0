import type { Counts, WatchStore } from "#shared/ports/watch-store.ts";
import type { Telemetry, TelemetryFacts } from "#shared/ports/telemetry.ts";
import type { MetricName } from "#shared/contracts/metrics.ts";
import {
  deliveriesTold,
  deliveryAttempts,
  handledOf,
  ordersAccepted,
  ordersFailed,
} from "#shared/contracts/watch.ts";
import type { System } from "#shared/ports/system.ts";

/** What of all that is recorded the watch needs to know of every instance. */
function countsOf(metric: MetricName, value: number, facts: TelemetryFacts): Counts {
  if (metric === "orders.accepted") return { [ordersAccepted]: value };
  // Refusals of invalid orders are as they should be; those of valid ones are our failure.
  if (metric === "orders.refused" && Number(facts["status"]) >= 500) return { [ordersFailed]: value };
  if (metric === "messages.handled" && facts["outcome"] === "done")
    return { [handledOf(String(facts["queue"]))]: value };
  if (metric === "delivery.attempts") return { [deliveriesTold]: 1, [deliveryAttempts]: value };
  return {};
}

const MINUTE_MS = 60_000;
const TELL_EVERY_MS = 10_000;

/**
 * Telemetry that also counts for the watch: what instances did is added up in the store, every ten seconds while there is
 * something to add. What cannot be stored is kept and told later, so that an outage of the store is counted too.
 */
export class CountingTelemetry implements Telemetry {
  readonly #telemetry: Telemetry;
  readonly #store: Pick<WatchStore, "count">;
  readonly #system: Pick<System, "now">;
  #counts: Record<string, number> = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(telemetry: Telemetry, store: Pick<WatchStore, "count">, system: Pick<System, "now">) {
    this.#telemetry = telemetry;
    this.#store = store;
    this.#system = system;
  }

  span: Telemetry["span"] = (request, work) => this.#telemetry.span(request, work);

  record: Telemetry["record"] = (metric, value, facts = {}) => {
    this.#telemetry.record(metric, value, facts);
    for (const [name, count] of Object.entries(countsOf(metric, value, facts))) this.#add(name, count);
  };

  flush: Telemetry["flush"] = async () => {
    await Promise.all([this.#tell(), this.#telemetry.flush()]);
  };

  async #tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts: Counts = this.#counts;
    if (Object.keys(counts).length === 0) return;
    this.#counts = {};
    const nowMs = this.#system.now();
    try {
      await this.#store.count(nowMs - (nowMs % MINUTE_MS), counts);
    } catch {
      for (const [name, value] of Object.entries(counts)) this.#add(name, value);
    }
  }

  #add(name: string, value: number): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + value;
    // Does not keep a process alive: `flush` is called before it ends.
    this.#timer ??= setTimeout(() => void this.#tell(), TELL_EVERY_MS).unref();
  }
}
