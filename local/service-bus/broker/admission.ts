import { BrokerError, entityDisabled } from "../errors.ts";
import { MAX_HOPS, MAX_ID_LENGTH, MAX_PROPERTIES_BYTES, MAX_PROPERTY_BYTES } from "../limits.ts";
import { fieldsOf } from "../message/fields.ts";
import type { Incoming } from "../message/incoming.ts";
import { encodeValue } from "../wire/encode.ts";
import { textOf } from "../wire/values.ts";
import type { Entity } from "./entity.ts";
import type { MessageQueue } from "./message-queue.ts";

const MEGABYTE = 1024 * 1024;

/** Why a message becomes a dead letter on its way. */
export interface Fault {
  readonly reason: string;
  readonly description: string;
}

/** Bytes of all messages of an entity, its dead letters included; of a topic those of its subscriptions. */
export function sizeOf(entity: Entity): number {
  const own =
    entity.main.counts.bytes + entity.deadLetters.counts.bytes + entity.transferDeadLetters.counts.bytes;
  if (entity.kind !== "topic") return own;
  let size = own;
  for (const subscription of entity.subscriptions.values()) size += sizeOf(subscription);
  return size;
}

/** Whether a queue or topic would hold more than it may. Subscriptions have the room of their topic. */
function isFull(entity: Entity, more: number): boolean {
  return sizeOf(entity) + more > entity.description.maxSizeInMegabytes * MEGABYTE;
}

export const isSendDisabled = ({ description: { status } }: Entity): boolean =>
  status === "Disabled" || status === "SendDisabled";

export const isReceiveDisabled = ({ description: { status } }: Entity): boolean =>
  status === "Disabled" || status === "ReceiveDisabled";

export const forwards = ({ path }: Entity): BrokerError =>
  new BrokerError(
    "notAllowed",
    `Cannot create a message receiver on an entity with auto-forwarding enabled: '${path}'.`,
  );

/** @throws BrokerError (disabled) */
export function assertCanReceive(entity: Entity): void {
  if (isReceiveDisabled(entity)) throw entityDisabled(entity.path, "receive");
}

/** What would come to a receiver is forwarded instead. @throws BrokerError (disabled, notAllowed) */
export function assertCanListen(entity: Entity, queue: MessageQueue): void {
  assertCanReceive(entity);
  if (queue === entity.main && entity.description.forwardTo !== undefined) throw forwards(entity);
}

/** Sends are refused where messages only come from the broker itself. @throws BrokerError (notAllowed) */
export function assertCanSend(entity: Entity, queue: MessageQueue): void {
  if (entity.kind === "subscription") {
    throw new BrokerError(
      "notAllowed",
      "A subscription receives its messages from its topic; send to the topic.",
    );
  }
  if (queue !== entity.main)
    throw new BrokerError("notAllowed", "Messages cannot be sent to a dead-letter queue.");
}

/** Whether the entity takes these messages, all or none. @throws BrokerError */
export function assertAdmits(entity: Entity, messages: readonly Incoming[]): void {
  if (isSendDisabled(entity)) throw entityDisabled(entity.path, "send");
  let bytes = 0;
  for (const message of messages) {
    bytes += message.payload.length;
    assertWellFormed(entity, message);
  }
  if (isFull(entity, bytes)) {
    const { maxSizeInMegabytes } = entity.description;
    throw new BrokerError(
      "quotaExceeded",
      `The maximum entity size has been reached or exceeded: '${entity.path}' may hold ${maxSizeInMegabytes} MB.`,
    );
  }
}

function assertWellFormed(entity: Entity, message: Incoming): void {
  const { messageId, sessionId, partitionKey } = message;
  if (sessionId === undefined && entity.main.sessions !== undefined) {
    throw new BrokerError(
      "notAllowed",
      `The SessionId was not set on a message, and it cannot be sent to the entity '${entity.path}', which requires sessions.`,
    );
  }
  assertIdFits("MessageId", messageId);
  assertIdFits("SessionId", sessionId);
  assertIdFits("PartitionKey", partitionKey);
  if (sessionId !== undefined && partitionKey !== undefined && sessionId !== partitionKey)
    throw new BrokerError("notAllowed", "PartitionKey and SessionId of a message must not differ.");
  // Most messages have few properties: only where one might be too large is each looked at.
  if (message.propertyBytes > MAX_PROPERTY_BYTES) assertPropertiesFit(message);
}

function assertIdFits(name: string, id: string | undefined): void {
  if (id !== undefined && id.length > MAX_ID_LENGTH)
    throw new BrokerError("invalid", `The ${name} must not be longer than ${MAX_ID_LENGTH} characters.`);
}

function assertPropertiesFit({ payload, propertyBytes }: Incoming): void {
  if (propertyBytes > MAX_PROPERTIES_BYTES) {
    throw new BrokerError(
      "invalid",
      `The properties of the message (${propertyBytes} bytes) exceed the limit (${MAX_PROPERTIES_BYTES} bytes).`,
    );
  }
  for (const [name, value] of fieldsOf(payload).applicationProperties().value) {
    const bytes = encodeValue(value).length;
    if (bytes <= MAX_PROPERTY_BYTES) continue;
    throw new BrokerError(
      "invalid",
      `The property '${textOf(name)}' of the message (${bytes} bytes) exceeds the limit (${MAX_PROPERTY_BYTES} bytes).`,
    );
  }
}

/** A message without a session id has no place in an entity that requires sessions. */
export function sessionMissing(entity: Entity, { sessionId }: Incoming): Fault | undefined {
  if (sessionId !== undefined || entity.main.sessions === undefined) return undefined;
  return {
    reason: "Session ID is null.",
    description: "Session enabled entity doesn't allow a message whose session identifier is null.",
  };
}

/** Why a message cannot be forwarded to where it should; undefined when it can. */
export function transferFault(
  name: string,
  target: Entity | undefined,
  message: Incoming,
  hops: number,
): Fault | undefined {
  if (target === undefined) {
    return {
      reason: "TransferDestinationNotFound",
      description: `There is no entity '${name}' to forward to.`,
    };
  }
  if (hops >= MAX_HOPS) {
    return {
      reason: "MaxTransferHopCountExceeded",
      description: `The maximum number of allowed hops when forwarding between queues has been exceeded. This value is set to ${MAX_HOPS}.`,
    };
  }
  if (isSendDisabled(target)) {
    return {
      reason: "TransferDestinationDisabled",
      description: `The entity '${name}' to forward to is disabled.`,
    };
  }
  if (isFull(target, message.payload.length)) {
    return {
      reason: "TransferDestinationQuotaExceeded",
      description: `The entity '${name}' to forward to is full.`,
    };
  }
  return sessionMissing(target, message);
}
