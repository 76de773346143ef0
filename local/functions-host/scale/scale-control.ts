import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { Generation } from "../generation.ts";
import type { ServiceBusBacklog } from "./backlog.ts";
import { demandsOf, type DemandSources } from "./demands.ts";
import { limitsOf, type ScaleSettings } from "./scale-settings.ts";
import { type ScaledGroup, Scaler } from "./scaler.ts";

export interface ScaleControlOptions {
  readonly outstandingRequests: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Connects the scale controller to the instances of the current generation and to what tells how much there is to do. */
export class ScaleControl {
  readonly scaler: Scaler;
  readonly #settings: ScaleSettings;
  readonly #options: ScaleControlOptions;
  #backlog: Promise<ServiceBusBacklog> | undefined;

  constructor(settings: ScaleSettings, options: ScaleControlOptions) {
    this.#settings = settings;
    this.#options = options;
    const { sampleMs, totalInstances } = settings;
    const { clock, log } = options;
    this.scaler = new Scaler({ pace: settings, sampleMs, totalInstances, clock, log });
  }

  /** Undefined: nobody any more. */
  watch(generation: Generation | undefined): void {
    this.scaler.watch((generation?.groups ?? []).map((group) => this.#scaled(generation, group.name)));
  }

  wake(group: string): void {
    this.scaler.wake(group);
  }

  stop(): void {
    this.scaler.stop();
  }

  async close(): Promise<void> {
    const backlog = await this.#backlog;
    await backlog?.close();
  }

  #scaled(generation: Generation | undefined, name: string): ScaledGroup {
    const group = generation?.groups.find((each) => each.name === name);
    if (generation === undefined || group === undefined) throw new Error(`there is no group "${name}"`);
    const { drainMs, httpConcurrency } = this.#settings;
    const { outstandingRequests } = this.#options;
    const sources: DemandSources = {
      serviceBus: generation.hostJson.extensions.serviceBus,
      outstandingRequests,
      httpConcurrency,
      backlog: (target) => this.#active(target),
    };
    return {
      name,
      limits: limitsOf(name, this.#settings),
      get size() {
        return group.size;
      },
      get load() {
        return group.load;
      },
      demands: () => demandsOf(generation.functionsOf(name), sources),
      scaleTo: (count) => group.scaleTo(count, drainMs),
    };
  }

  /** The clients are loaded only if somebody scales by them. */
  async #active(target: ServiceBusFunction): Promise<number | undefined> {
    this.#backlog ??= import("./backlog.ts").then(
      ({ ServiceBusBacklog: Backlog }) =>
        new Backlog(this.#options.log, this.#settings.serviceBusAdministrationPort),
    );
    const backlog = await this.#backlog;
    return backlog.active(target);
  }
}
