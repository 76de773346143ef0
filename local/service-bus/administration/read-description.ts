import type { Description, EntityStatus } from "../broker/description.ts";
import type { EntityKind } from "../broker/entity.ts";
import { BrokerError } from "../errors.ts";
import { childOf, textAt, type XmlElement } from "./xml.ts";

const roots: Readonly<Record<EntityKind, string>> = {
  queue: "QueueDescription",
  topic: "TopicDescription",
  subscription: "SubscriptionDescription",
};

/** Says nothing about what an entity does: read-only, or always the same here. */
const informative: ReadonlySet<string> = new Set([
  "EntityAvailabilityStatus",
  "SupportOrdering",
  "SizeInBytes",
  "MessageCount",
  "SubscriptionCount",
  "CountDetails",
  "CreatedAt",
  "UpdatedAt",
  "AccessedAt",
  "IsAnonymousAccessible",
  "DefaultRuleDescription",
]);

/** Clients write the entity to forward to as a URL. */
const entityName = (value: string): string | undefined =>
  value === "" ? undefined : decodeURIComponent(value.replace(/^[a-z]+:\/\/[^/]*\//i, ""));

type Reader = (value: string) => Partial<Description>;

const flag = (value: string): boolean => value.toLowerCase() === "true";

const supported: Readonly<Record<string, Reader>> = {
  LockDuration: (value) => ({ lockDuration: value }),
  MaxDeliveryCount: (value) => ({ maxDeliveryCount: Number(value) }),
  MaxSizeInMegabytes: (value) => ({ maxSizeInMegabytes: Number(value) }),
  RequiresDuplicateDetection: (value) => ({ requiresDuplicateDetection: flag(value) }),
  RequiresSession: (value) => ({ requiresSession: flag(value) }),
  DefaultMessageTimeToLive: (value) => ({ defaultMessageTimeToLive: value }),
  DeadLetteringOnMessageExpiration: (value) => ({ deadLetteringOnMessageExpiration: flag(value) }),
  DeadLetteringOnFilterEvaluationExceptions: (value) => ({
    deadLetteringOnFilterEvaluationExceptions: flag(value),
  }),
  DuplicateDetectionHistoryTimeWindow: (value) => ({ duplicateDetectionHistoryTimeWindow: value }),
  EnableBatchedOperations: (value) => ({ enableBatchedOperations: flag(value) }),
  ForwardTo: (value) => ({ forwardTo: entityName(value) }),
  ForwardDeadLetteredMessagesTo: (value) => ({ forwardDeadLetteredMessagesTo: entityName(value) }),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked with the whole description
  Status: (value) => ({ status: value as EntityStatus }),
  AutoDeleteOnIdle: (value) => ({ autoDeleteOnIdle: value }),
  UserMetadata: (value) => ({ userMetadata: value }),
};

/** Values of properties that this broker does not have, which change nothing. */
const harmless: Readonly<Record<string, (value: string) => boolean>> = {
  EnablePartitioning: (value) => !flag(value),
  EnableExpress: (value) => !flag(value),
};

/**
 * The properties that a create or update request sets.
 * @throws BrokerError (notImplemented) naming a property that this broker would have to ignore
 */
export function readDescription(
  kind: EntityKind,
  entry: XmlElement,
): {
  readonly description: Partial<Description>;
  readonly root: XmlElement | undefined;
} {
  const content = childOf(childOf(entry, "entry"), "content");
  if (content === undefined || !(roots[kind] in content)) {
    throw new BrokerError("invalid", `The request describes no ${kind}: <${roots[kind]}> is missing.`);
  }
  const root = childOf(content, roots[kind]);
  let description: Partial<Description> = {};
  for (const name of Object.keys(root ?? {})) {
    description = { ...description, ...readProperty(name, textAt(root, name) ?? "") };
  }
  return { description, root };
}

function readProperty(name: string, value: string): Partial<Description> {
  if (name.startsWith("@") || name.startsWith("#") || informative.has(name)) return {};
  const reader = Object.hasOwn(supported, name) ? supported[name] : undefined;
  if (reader !== undefined) return reader(value);
  if (Object.hasOwn(harmless, name) && harmless[name]?.(value) === true) return {};
  throw new BrokerError("notImplemented", `The property ${name} (${value}) is not supported yet.`);
}
