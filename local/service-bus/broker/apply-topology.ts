import type { Queue, Rule as TopologyRule, Topic, Topology } from "#shared/contracts/topology.ts";
import type { NewRule } from "../rules/rule.ts";
import { storedRule } from "../rules/stored-rule.ts";
import type { Description } from "./description.ts";
import type { Entity } from "./entity.ts";
import { createEntity, deleteRule, type NewEntity, putRule, updateEntity } from "./entity-admin.ts";
import type { Namespace } from "./namespace.ts";

/**
 * Creates the entities of a topology or brings them up to date. Their messages stay, and so do entities
 * that the topology does not name. May be called at every start.
 */
export async function applyTopology(namespace: Namespace, topology: Topology): Promise<void> {
  for (const queue of topology.queues)
    await put(namespace, { kind: "queue", path: queue.name, description: describeQueue(queue) });
  for (const topic of topology.topics) {
    await put(namespace, { kind: "topic", path: topic.name, description: describeTopic(topic) });
    for (const { name, forwardTo, maxDeliveryCount, rules } of topic.subscriptions) {
      await put(namespace, {
        kind: "subscription",
        path: `${topic.name}/Subscriptions/${name}`,
        description: { forwardTo, maxDeliveryCount },
        rules: rules.map(newRule),
      });
    }
  }
}

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
  if (existing === undefined) {
    await createEntity(namespace, wanted);
    return;
  }
  if (existing.kind !== wanted.kind) {
    throw new Error(
      `the topology wants a ${wanted.kind} '${wanted.path}', but there is a ${existing.kind} of that name`,
    );
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
