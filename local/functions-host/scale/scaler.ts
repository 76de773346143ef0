import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import {
  decide,
  type Demand,
  type GroupLimits,
  NOTHING_KNOWN,
  type ScaleMemory,
  type ScalePace,
} from "./decide.ts";
import { shareOut } from "./share-out.ts";

/** A group of instances as the scale controller sees it. */
export interface ScaledGroup {
  readonly name: string;
  readonly limits: GroupLimits;
  readonly size: number;
  /** Invocations that run or wait right now. */
  readonly load: number;
  demands(): Promise<readonly Demand[]>;
  scaleTo(count: number): Promise<void>;
}

export interface ScaleEvent {
  readonly at: string;
  readonly group: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface ScalerOptions {
  readonly pace: ScalePace;
  readonly sampleMs: number;
  readonly totalInstances: number;
  readonly clock: Clock;
  readonly log: Log;
}

const EVENTS_KEPT = 100;

/** The scale controller: looks at every group in turn, decides, and remembers why. One for the whole app. */
export class Scaler {
  readonly #options: ScalerOptions;
  #groups: readonly ScaledGroup[] = [];
  #memories = new Map<string, ScaleMemory>();
  readonly #events: ScaleEvent[] = [];
  #next: ScheduledCall | undefined;
  #stopped = false;

  constructor(options: ScalerOptions) {
    this.#options = options;
  }

  get events(): readonly ScaleEvent[] {
    return this.#events;
  }

  get groups(): readonly ScaledGroup[] {
    return this.#groups;
  }

  /** Looks after these groups from now on. Nobody is asked anything when no group can change. */
  watch(groups: readonly ScaledGroup[]): void {
    this.#groups = groups;
    this.#memories = new Map();
    this.#sleep();
  }

  /** An invocation waits and its group has no instance: the first one starts at once. */
  wake(name: string): void {
    const group = this.#groups.find((each) => each.name === name);
    if (group === undefined || group.size > 0 || this.#stopped) return;
    this.#memories.delete(name);
    this.#change(group, 1, "an invocation arrived while there was no instance");
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
  }

  /** There is one next look at most, also when the app is loaded again in the middle of one. */
  #sleep(): void {
    this.#next?.cancel();
    if (this.#stopped || this.#groups.every(({ limits }) => limits.min === limits.max)) return;
    this.#next = this.#options.clock.schedule(this.#options.sampleMs, () => {
      void this.look().finally(() => this.#sleep());
    });
  }

  /** One round over all groups. */
  async look(): Promise<void> {
    const { pace, clock, totalInstances } = this.#options;
    const groups = this.#groups;
    const demands = await Promise.all(groups.map((group) => group.demands()));
    if (groups !== this.#groups || this.#stopped) return; // the app was reloaded meanwhile
    const decisions = groups.map((group, index) => {
      const view = { instances: group.size, demands: demands[index] ?? [], busy: group.load > 0 };
      const memory = this.#memories.get(group.name) ?? NOTHING_KNOWN;
      const decision = decide(view, group.limits, pace, memory, clock.now());
      this.#memories.set(group.name, decision.memory);
      return { group, name: group.name, ...decision };
    });
    const shares = shareOut(decisions, totalInstances);
    for (const { group, name, target, reason } of decisions) {
      const share = shares.get(name) ?? target;
      const why = share < target ? `${reason}; all groups together may have ${totalInstances}` : reason;
      if (share !== group.size) this.#change(group, share, why);
    }
  }

  #change(group: ScaledGroup, to: number, reason: string): void {
    const { clock, log } = this.#options;
    const { name, size: from } = group;
    const event = { at: new Date(clock.now()).toISOString(), group: name, from, to, reason };
    this.#events.push(event);
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
    log("scaled", { group: name, from, to, reason });
    group.scaleTo(to).catch((error: unknown) => {
      log("scaling failed", { group: name, to, error: String(error) });
    });
  }
}
