import { HostRefusal } from "../refusal.ts";
import { connectionString, resolveSettings, type Settings } from "../settings.ts";
import type { Binding, RegisteredFunction } from "../worker/wire.ts";

interface Indexed {
  readonly name: string;
  /** The trigger binding's name: the key under which the trigger's value travels. */
  readonly triggerName: string;
}

export interface HttpFunction extends Indexed {
  readonly trigger: "http";
  readonly route: string;
  /** Upper case. */
  readonly methods: readonly string[];
}

export interface TimerFunction extends Indexed {
  readonly trigger: "timer";
  readonly schedule: string;
  readonly runOnStartup: boolean;
  readonly useMonitor: boolean;
}

export interface ServiceBusFunction extends Indexed {
  readonly trigger: "serviceBus";
  readonly connectionString: string;
  readonly entity: { readonly queue: string } | { readonly topic: string; readonly subscription: string };
  /** The body reaches the handler as Buffer instead of text that is tried as JSON. */
  readonly binary: boolean;
}

export type IndexedFunction = HttpFunction | TimerFunction | ServiceBusFunction;

const isTrigger = (binding: Binding): boolean => /trigger$/i.test(binding.type);

const text = (binding: Binding, property: string): string | undefined => {
  const value = binding[property];
  return typeof value === "string" && value !== "" ? value : undefined;
};

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
  const [triggerName, trigger] = first;
  refuseOtherBindings(registered, triggerName, where);
  const base = { name, triggerName };
  switch (trigger.type.toLowerCase()) {
    case "httptrigger":
      return { ...base, ...httpTrigger(name, trigger, where) };
    case "timertrigger":
      return { ...base, ...timerTrigger(registered, trigger, settings, where) };
    case "servicebustrigger":
      return { ...base, ...serviceBusTrigger(registered, trigger, settings, where) };
    default:
      throw new HostRefusal(
        "not-supported",
        `${where} has a trigger of type "${trigger.type}"; this host runs httpTrigger, timerTrigger and serviceBusTrigger`,
      );
  }
}

function refuseOtherBindings(registered: RegisteredFunction, triggerName: string, where: string): void {
  for (const [name, binding] of Object.entries(registered.bindings)) {
    if (name === triggerName || (name === "$return" && binding.type.toLowerCase() === "http")) continue;
    const kind = binding.direction === "out" ? "output" : "input";
    throw new HostRefusal(
      "not-supported",
      `${where} has an ${kind} binding of type "${binding.type}"; not supported yet`,
    );
  }
}

function httpTrigger(name: string, trigger: Binding, where: string): Omit<HttpFunction, keyof Indexed> {
  const authLevel = (text(trigger, "authLevel") ?? "anonymous").toLowerCase();
  if (authLevel !== "anonymous") {
    throw new HostRefusal(
      "not-supported",
      `${where} has authLevel "${authLevel}": no keys are configured in this host, so only "anonymous" can be served`,
    );
  }
  const methods = Array.isArray(trigger["methods"])
    ? trigger["methods"].map((each) => String(each).toUpperCase())
    : [];
  return { trigger: "http", route: text(trigger, "route") ?? name, methods };
}

function timerTrigger(
  registered: RegisteredFunction,
  trigger: Binding,
  settings: Settings,
  where: string,
): Omit<TimerFunction, keyof Indexed> {
  const schedule = text(trigger, "schedule");
  if (schedule === undefined) throw new HostRefusal("function-invalid", `${where} has no schedule`);
  if (registered.retryOptions !== undefined) {
    throw new HostRefusal("not-supported", `${where} has a retry policy; not supported yet`);
  }
  return {
    trigger: "timer",
    schedule: resolveSettings(schedule, settings, where),
    runOnStartup: trigger["runOnStartup"] === true,
    useMonitor: trigger["useMonitor"] !== false,
  };
}

function serviceBusTrigger(
  registered: RegisteredFunction,
  trigger: Binding,
  settings: Settings,
  where: string,
): Omit<ServiceBusFunction, keyof Indexed> {
  refuseServiceBusOptions(registered, trigger, where);
  const resolved = (property: string): string | undefined => {
    const value = text(trigger, property);
    return value === undefined ? undefined : resolveSettings(value, settings, where);
  };
  const [queue, topic, subscription] = ["queueName", "topicName", "subscriptionName"].map(resolved);
  const entity =
    queue !== undefined
      ? { queue }
      : topic !== undefined && subscription !== undefined
        ? { topic, subscription }
        : undefined;
  if (entity === undefined) {
    throw new HostRefusal(
      "function-invalid",
      `${where} needs a queueName, or a topicName with a subscriptionName`,
    );
  }
  // Azure's default when the binding names no connection.
  const connection = text(trigger, "connection") ?? "ServiceBus";
  return {
    trigger: "serviceBus",
    connectionString: connectionString(connection, settings, where),
    entity,
    binary: text(trigger, "dataType")?.toLowerCase() === "binary",
  };
}

function refuseServiceBusOptions(registered: RegisteredFunction, trigger: Binding, where: string): void {
  const refused: [boolean, string][] = [
    [text(trigger, "cardinality")?.toLowerCase() === "many", 'cardinality "many" (batches)'],
    [trigger["isSessionsEnabled"] === true, "isSessionsEnabled (sessions)"],
    [trigger["autoCompleteMessages"] === false, "autoCompleteMessages: false"],
    [trigger["sdkBinding"] === true, "sdkBinding"],
    [
      registered.retryOptions !== undefined,
      "a retry policy, which Azure does not support on Service Bus functions either",
    ],
  ];
  for (const [found, what] of refused) {
    if (found) throw new HostRefusal("not-supported", `${where} asks for ${what}; not supported yet`);
  }
}
