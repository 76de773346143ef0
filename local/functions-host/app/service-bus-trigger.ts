import { HostRefusal } from "../refusal.ts";
import { connectionString } from "../settings.ts";
import { flag, resolved, text, type BindingContext } from "./binding-properties.ts";
import type { Indexed, ServiceBusFunction } from "./index-functions.ts";

export function serviceBusTrigger(context: BindingContext): Omit<ServiceBusFunction, keyof Indexed> {
  const { binding, settings, where } = context;
  if (flag(context, "sdkBinding") === true) {
    throw new HostRefusal(
      "not-supported",
      `${where} asks for sdkBinding, which this host does not do; use the message as it comes`,
    );
  }
  return {
    trigger: "serviceBus",
    // Azure's default when the binding names no connection.
    connectionString: connectionString(text(binding, "connection") ?? "ServiceBus", settings, where),
    entity: entityOf(context),
    binary: text(binding, "dataType")?.toLowerCase() === "binary",
    batches: text(binding, "cardinality")?.toLowerCase() === "many",
    sessions: flag(context, "isSessionsEnabled") === true,
    autoComplete: flag(context, "autoCompleteMessages"),
  };
}

function entityOf(context: BindingContext): ServiceBusFunction["entity"] {
  const queue = resolved(context, "queueName");
  if (queue !== undefined) return { queue };
  const topic = resolved(context, "topicName");
  const subscription = resolved(context, "subscriptionName");
  if (topic !== undefined && subscription !== undefined) return { topic, subscription };
  throw new HostRefusal(
    "function-invalid",
    `${context.where} needs a queueName, or a topicName with a subscriptionName`,
  );
}
