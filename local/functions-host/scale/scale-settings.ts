import { availableParallelism } from "node:os";
import { HostRefusal } from "../refusal.ts";
import type { GroupLimits, ScalePace } from "./decide.ts";

/**
 * Which functions share instances: `function` as on Flex Consumption (HTTP together, everything else by itself), `app` as on
 * Consumption and Premium (all together), `http-and-rest` in between: requests do not wait for background work, and a small
 * machine does not need a process per function.
 */
export type Grouping = "function" | "app" | "http-and-rest";

/** By group: "http", "background", "app", or "function:<name>". Flex Consumption calls them the same. */
export type ByGroup = Readonly<Record<string, number>>;

export interface ScaleSettings extends ScalePace {
  readonly grouping: Grouping;
  /** Instances that are there without any work; 1 unless said otherwise, 0 lets a group go to nothing. */
  readonly alwaysReady: ByGroup;
  readonly maximumInstances: ByGroup;
  /** Of all groups together. */
  readonly totalInstances: number;
  /** How many requests one instance takes at a time before another one is worth it. */
  readonly httpConcurrency: number;
  readonly sampleMs: number;
  /** How long a leaving instance may go on with what it has; Flex Consumption grants an hour. */
  readonly drainMs: number;
  /** Where an emulator's administration listens, if not 372 below its AMQP port as the official one's does. */
  readonly serviceBusAdministrationPort?: number;
}

const MINUTE = 60_000;

/** One core is left to whatever the functions talk to, because that runs here too. */
const SPARE_CORES = Math.max(1, availableParallelism() - 1);

const DEFAULTS: ScaleSettings = {
  grouping: "http-and-rest",
  alwaysReady: {},
  maximumInstances: {},
  totalInstances: 2 + 2 * SPARE_CORES,
  httpConcurrency: 16,
  scaleInAfterMs: 15_000,
  toZeroAfterMs: 5 * MINUTE,
  sampleMs: 1000,
  drainMs: 60 * MINUTE,
};

/** @throws HostRefusal naming the setting at fault. */
export function scaleSettings(given: Partial<ScaleSettings> = {}): ScaleSettings {
  const settings = { ...DEFAULTS, ...given };
  const numbers = {
    totalInstances: settings.totalInstances,
    httpConcurrency: settings.httpConcurrency,
    sampleMs: settings.sampleMs,
    ...prefixed("alwaysReady", settings.alwaysReady, 1),
    ...prefixed("maximumInstances", settings.maximumInstances, 0),
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new HostRefusal("scale-invalid", `scale.${name} must be a whole number above zero`);
    }
  }
  return settings;
}

/** Zero is a number of always ready instances like any other. */
const prefixed = (name: string, values: ByGroup, plus: number): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([group, count]) => [`${name}.${group}`, count + plus]));

export function limitsOf(group: string, settings: ScaleSettings): GroupLimits {
  const max = settings.maximumInstances[group] ?? Math.max(settings.alwaysReady[group] ?? 1, SPARE_CORES);
  return { min: Math.min(max, settings.alwaysReady[group] ?? 1), max };
}
