import { HostRefusal } from "../refusal.ts";
import { connectionString } from "../settings.ts";
import { flag, resolved, text, type BindingContext } from "./binding-properties.ts";
import type { Indexed, ServiceBusFunction } from "./index-functions.ts";

export function serviceBusTrigger(context: BindingContext): Omit<ServiceBusFunction, keyof Indexed> {
  const { binding, where } = context;
  if (flag(context, "sdkBinding") === true) {
    throw new HostRefusal(
      "not-supported",
      `${where} asks for sdkBinding, which this host does not do; use the message as it comes`,
    );
  }
  return {
    trigger: "serviceBus",
    connectionString: serviceBusConnection(context),
    entity: entityOf(context),
    binary: text(binding, "dataType")?.toLowerCase() === "binary",
    batches: text(binding, "cardinality")?.toLowerCase() === "many",
    sessions: flag(context, "isSessionsEnabled") === true,
    autoComplete: flag(context, "autoCompleteMessages"),
  };
}

/** Azure's default when the binding names no connection. Unlike Cosmos DB's, this name may itself come from a setting. */
export const serviceBusConnection = (context: BindingContext): string =>
  connectionString(resolved(context, "connection") ?? "ServiceBus", context.settings, context.where);

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
