import type { AuthLevel } from "../keys/keys.ts";
import { HostRefusal } from "../refusal.ts";
import type { Settings } from "../settings.ts";
import type { Schedule } from "../timer/schedule.ts";
import type { Binding, RegisteredFunction } from "../worker/wire.ts";
import type { BindingContext } from "./binding-properties.ts";
import { cosmosTrigger } from "./cosmos-trigger.ts";
import { httpTrigger } from "./http-trigger.ts";
import { type IoBindings, ioBindings } from "./io-bindings.ts";
import { type RetryPolicy, retryPolicy } from "./retry-policy.ts";
import { serviceBusTrigger } from "./service-bus-trigger.ts";
import { timerTrigger } from "./timer-trigger.ts";

export interface Indexed extends IoBindings {
  readonly name: string;
  /** The trigger binding's name: the key under which the trigger's value travels. */
  readonly triggerName: string;
  /** What the function asks for; only some triggers honour it. */
  readonly retry: RetryPolicy | undefined;
}

export interface HttpFunction extends Indexed {
  readonly trigger: "http";
  readonly route: string;
  /** Upper case. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
}

export interface TimerFunction extends Indexed {
  readonly trigger: "timer";
  /** As the app wrote it, `%NAMES%` resolved. */
  readonly schedule: string;
  readonly occurrences: Schedule;
  readonly runOnStartup: boolean;
  readonly useMonitor: boolean;
}

export interface ServiceBusFunction extends Indexed {
  readonly trigger: "serviceBus";
  readonly connectionString: string;
  readonly entity: { readonly queue: string } | { readonly topic: string; readonly subscription: string };
  /** The body reaches the handler as Buffer instead of text that is tried as JSON. */
  readonly binary: boolean;
  /** Cardinality "many": the handler gets arrays. */
  readonly batches: boolean;
  readonly sessions: boolean;
  /** Undefined: host.json decides. */
  readonly autoComplete: boolean | undefined;
}

export interface CosmosFunction extends Indexed {
  readonly trigger: "cosmosDB";
  readonly connectionString: string;
  readonly databaseName: string;
  readonly containerName: string;
  /** Where a range without a lease begins. */
  readonly startFrom: "now" | "beginning" | Date;
  /** This and the other numbers: undefined where the function leaves it to the extension's default. */
  readonly maxItemsPerInvocation: number | undefined;
  readonly feedPollDelayMs: number | undefined;
  readonly leases: {
    readonly connectionString: string;
    readonly databaseName: string;
    readonly containerName: string;
    readonly createIfNotExists: boolean;
    readonly throughput: number | undefined;
    /** Lets several functions share the container. */
    readonly prefix: string;
    readonly acquireIntervalMs: number | undefined;
    readonly expirationIntervalMs: number | undefined;
    readonly renewIntervalMs: number | undefined;
  };
}

export type IndexedFunction = HttpFunction | TimerFunction | ServiceBusFunction | CosmosFunction;

const isTrigger = (binding: Binding): boolean => /trigger$/i.test(binding.type);

/** Reads what the app registered; refuses, by name, whatever this host would not run as Azure does. */
export function indexFunctions(
  registered: readonly RegisteredFunction[],
  settings: Settings,
): readonly IndexedFunction[] {
  return registered.map((each) => indexFunction(each, settings));
}

function indexFunction(registered: RegisteredFunction, settings: Settings): IndexedFunction {
  const { name, bindings } = registered;
  const where = `function "${name}"`;
  const triggers = Object.entries(bindings).filter(([, binding]) => isTrigger(binding));
  const [first] = triggers;
  if (first === undefined || triggers.length > 1) {
    throw new HostRefusal(
      "function-invalid",
      `${where} has ${triggers.length} triggers; it needs exactly one`,
    );
  }
  const [triggerName, binding] = first;
  const base = {
    name,
    triggerName,
    retry: retryPolicy(registered.retryOptions, where),
    ...ioBindings(registered, triggerName, settings),
  };
  const context: BindingContext = { binding, settings, where };
  switch (binding.type.toLowerCase()) {
    case "httptrigger":
      return { ...base, ...httpTrigger(name, context) };
    case "timertrigger":
      return { ...base, ...timerTrigger(context) };
    case "servicebustrigger":
      return { ...base, ...serviceBusTrigger(context) };
    case "cosmosdbtrigger":
      return { ...base, ...cosmosTrigger(context) };
    default:
      throw new HostRefusal(
        "not-supported",
        `${where} has a trigger of type "${binding.type}"; this host runs httpTrigger, timerTrigger, serviceBusTrigger and cosmosDBTrigger`,
      );
  }
}
