import { sizeOf } from "../broker/admission.ts";
import type { Entity, QueueEntity, SubscriptionEntity, TopicEntity } from "../broker/entity.ts";
import type { Entry } from "./atom.ts";
import { element } from "./xml.ts";

const COUNTS = "http://schemas.microsoft.com/netservices/2011/06/servicebus";
const iso = (ms: number): string => new Date(ms).toISOString();

/** An entity with its description and its runtime properties, which travel together. */
export function describeEntity(entity: Entity, origin: string): Entry {
  if (entity.kind === "queue") return entry(entity, "QueueDescription", queueXml(entity, origin));
  if (entity.kind === "topic") return entry(entity, "TopicDescription", topicXml(entity));
  return entry(entity, "SubscriptionDescription", subscriptionXml(entity, origin));
}

const entry = (entity: Entity, root: string, content: string): Entry => ({
  path: entity.path,
  title: entity.kind === "subscription" ? entity.name : entity.path,
  root,
  content,
  updatedAt: entity.updatedAt,
});

function queueXml(queue: QueueEntity, origin: string): string {
  const { description } = queue;
  return (
    element("LockDuration", description.lockDuration) +
    element("MaxSizeInMegabytes", description.maxSizeInMegabytes) +
    element("RequiresDuplicateDetection", description.requiresDuplicateDetection) +
    element("RequiresSession", description.requiresSession) +
    element("DefaultMessageTimeToLive", description.defaultMessageTimeToLive) +
    element("DeadLetteringOnMessageExpiration", description.deadLetteringOnMessageExpiration) +
    element("DuplicateDetectionHistoryTimeWindow", description.duplicateDetectionHistoryTimeWindow) +
    element("MaxDeliveryCount", description.maxDeliveryCount) +
    element("EnableBatchedOperations", description.enableBatchedOperations) +
    element("SizeInBytes", sizeOf(queue)) +
    element("MessageCount", total(queue)) +
    commonXml(queue, origin) +
    element("EnablePartitioning", false) +
    element("EnableExpress", false)
  );
}

function topicXml(topic: TopicEntity): string {
  const { description } = topic;
  return (
    element("DefaultMessageTimeToLive", description.defaultMessageTimeToLive) +
    element("MaxSizeInMegabytes", description.maxSizeInMegabytes) +
    element("RequiresDuplicateDetection", description.requiresDuplicateDetection) +
    element("DuplicateDetectionHistoryTimeWindow", description.duplicateDetectionHistoryTimeWindow) +
    element("EnableBatchedOperations", description.enableBatchedOperations) +
    element("SizeInBytes", sizeOf(topic)) +
    element("SubscriptionCount", topic.subscriptions.size) +
    element("SupportOrdering", true) +
    commonXml(topic, undefined) +
    element("EnablePartitioning", false) +
    element("EnableExpress", false)
  );
}

function subscriptionXml(subscription: SubscriptionEntity, origin: string): string {
  const { description } = subscription;
  return (
    element("LockDuration", description.lockDuration) +
    element("RequiresSession", description.requiresSession) +
    element("DefaultMessageTimeToLive", description.defaultMessageTimeToLive) +
    element("DeadLetteringOnMessageExpiration", description.deadLetteringOnMessageExpiration) +
    element(
      "DeadLetteringOnFilterEvaluationExceptions",
      description.deadLetteringOnFilterEvaluationExceptions,
    ) +
    element("MessageCount", total(subscription)) +
    element("MaxDeliveryCount", description.maxDeliveryCount) +
    element("EnableBatchedOperations", description.enableBatchedOperations) +
    commonXml(subscription, origin)
  );
}

/** `origin` is undefined where there is nothing to forward. */
function commonXml(entity: Entity, origin: string | undefined): string {
  const { forwardTo, forwardDeadLetteredMessagesTo, userMetadata } = entity.description;
  const url = (name: string | undefined): string | undefined =>
    name === undefined || origin === undefined ? undefined : `${origin}/${name}`;
  return (
    element("Status", entity.description.status) +
    element("ForwardTo", url(forwardTo)) +
    element("ForwardDeadLetteredMessagesTo", url(forwardDeadLetteredMessagesTo)) +
    element("CreatedAt", iso(entity.createdAt)) +
    element("UpdatedAt", iso(entity.updatedAt)) +
    element("AccessedAt", iso(entity.accessedAt)) +
    element("UserMetadata", userMetadata) +
    countsXml(entity) +
    element("AutoDeleteOnIdle", entity.description.autoDeleteOnIdle) +
    element("EntityAvailabilityStatus", "Available")
  );
}

function countsXml({ main, deadLetters, transferDeadLetters }: Entity): string {
  return (
    `<CountDetails xmlns:d2p1="${COUNTS}">` +
    element("d2p1:ActiveMessageCount", main.counts.active) +
    element("d2p1:DeadLetterMessageCount", deadLetters.counts.active) +
    element("d2p1:ScheduledMessageCount", main.counts.scheduled) +
    element("d2p1:TransferMessageCount", 0) +
    element("d2p1:TransferDeadLetterMessageCount", transferDeadLetters.counts.active) +
    "</CountDetails>"
  );
}

const total = ({ main, deadLetters, transferDeadLetters }: Entity): number =>
  [main, deadLetters, transferDeadLetters].reduce(
    (sum, { counts }) => sum + counts.active + counts.deferred + counts.scheduled,
    0,
  );
