import type { Queue, Rule as TopologyRule, Topic, Topology } from "#shared/contracts/topology.ts";
import type { NewRule } from "../rules/rule.ts";
import { storedRule } from "../rules/stored-rule.ts";
import type { Description } from "./description.ts";
import type { Entity } from "./entity.ts";
import { createEntity, type NewEntity, updateEntity } from "./entity-admin.ts";
import type { Namespace } from "./namespace.ts";
import { deleteRule, putRule } from "./rule-admin.ts";

/**
 * Creates the entities of a topology or brings them up to date. Their messages stay, and so do entities
 * that the topology does not name. May be called at every start.
 */
export async function applyTopology(namespace: Namespace, topology: Topology): Promise<void> {
  await applyEntities(namespace, [
    ...topology.queues.map((queue): NewEntity => ({
      kind: "queue",
      path: queue.name,
      description: describeQueue(queue),
    })),
    ...topology.topics.flatMap(withSubscriptions),
  ]);
}

/** Topics before their subscriptions; forwards may lead to what comes later in the list. */
export async function applyEntities(namespace: Namespace, entities: readonly NewEntity[]): Promise<void> {
  for (const wanted of entities) {
    const { forwardTo: _to, forwardDeadLetteredMessagesTo: _dead, ...description } = wanted.description;
    if (namespace.find(wanted.path) === undefined) await createEntity(namespace, { ...wanted, description });
  }
  for (const wanted of entities) await put(namespace, wanted);
}

const withSubscriptions = (topic: Topic): NewEntity[] => [
  { kind: "topic", path: topic.name, description: describeTopic(topic) },
  ...topic.subscriptions.map(({ name, forwardTo, maxDeliveryCount, rules }): NewEntity => ({
    kind: "subscription",
    path: `${topic.name}/Subscriptions/${name}`,
    description: { forwardTo, maxDeliveryCount },
    rules: rules.map(newRule),
  })),
];

const describeQueue = (queue: Queue): Partial<Description> => ({
  lockDuration: queue.lockDuration,
  maxDeliveryCount: queue.maxDeliveryCount,
  requiresDuplicateDetection: queue.requiresDuplicateDetection,
  duplicateDetectionHistoryTimeWindow: queue.duplicateDetectionHistoryTimeWindow,
  defaultMessageTimeToLive: queue.defaultMessageTimeToLive,
  deadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration,
});

const describeTopic = (topic: Topic): Partial<Description> => ({
  requiresDuplicateDetection: topic.requiresDuplicateDetection,
  duplicateDetectionHistoryTimeWindow: topic.duplicateDetectionHistoryTimeWindow,
  defaultMessageTimeToLive: topic.defaultMessageTimeToLive,
});

const newRule = ({ name, correlationFilter }: TopologyRule): NewRule => ({
  name,
  filter: { kind: "correlation", system: { subject: correlationFilter.label }, application: {} },
});

async function put(namespace: Namespace, wanted: NewEntity): Promise<void> {
  const existing = namespace.find(wanted.path);
  if (existing?.kind !== wanted.kind) {
    const found = existing === undefined ? "nothing" : `a ${existing.kind}`;
    throw new Error(`A ${wanted.kind} '${wanted.path}' is wanted, but there is ${found} of that name.`);
  }
  await updateEntity(namespace, existing, wanted.description);
  await alignRules(namespace, existing, wanted.rules ?? []);
}

async function alignRules(namespace: Namespace, entity: Entity, wanted: readonly NewRule[]): Promise<void> {
  if (entity.kind !== "subscription" || wanted.length === 0) return;
  for (const rule of wanted) {
    const existing = entity.rules.get(rule.name.toLowerCase());
    if (existing === undefined || storedRule(existing) !== storedRule(rule))
      await putRule(namespace, entity, rule);
  }
  const names = new Set(wanted.map((rule) => rule.name.toLowerCase()));
  const surplus = [...entity.rules.values()].filter((rule) => !names.has(rule.name.toLowerCase()));
  for (const rule of surplus) await deleteRule(namespace, entity, rule.name);
}
