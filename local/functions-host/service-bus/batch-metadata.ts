import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../worker/wire.ts";
import { liveObjects } from "./trigger-metadata.ts";

/**
 * Trigger metadata of a batch: an array for each property. **Texts that a message lacks leave no gap**: the host drops empty
 * ones on the way to a Node worker, so `sessionIdArray[3]` need not belong to the fourth message; `deliveryCountArray`,
 * the times and the application properties always line up. Properties of the bodies do not join in, as they do for single
 * messages.
 */
export function batchMetadata(
  messages: readonly ServiceBusReceivedMessage[],
  sessions: boolean,
): Record<string, TypedData> {
  const texts = (read: (message: ServiceBusReceivedMessage) => unknown): TypedData => ({
    collectionString: {
      string: messages
        .map(read)
        .filter((value) => value !== undefined && value !== null && value !== "")
        .map(String),
    },
  });
  const json = (read: (message: ServiceBusReceivedMessage) => unknown): TypedData => ({
    json: JSON.stringify(messages.map(read)),
  });
  const subjects = texts(({ subject }) => subject);
  const properties = json(({ applicationProperties }) => applicationProperties ?? {});
  const partitionKeys = texts(({ partitionKey }) => partitionKey);
  const expiries = json(({ expiresAtUtc }) => expiresAtUtc);
  const enqueued = json(({ enqueuedTimeUtc }) => enqueuedTimeUtc);
  return {
    DeliveryCountArray: json(({ deliveryCount }) => (deliveryCount ?? 0) + 1),
    DeadLetterSourceArray: texts(({ deadLetterSource }) => deadLetterSource),
    LockTokenArray: texts(({ lockToken }) => lockToken),
    ExpiresAtUtcArray: expiries,
    ExpiresAtArray: expiries,
    EnqueuedTimeUtcArray: enqueued,
    EnqueuedTimeArray: enqueued,
    MessageIdArray: texts(({ messageId }) => messageId),
    ContentTypeArray: texts(({ contentType }) => contentType),
    ReplyToArray: texts(({ replyTo }) => replyTo),
    SequenceNumberArray: {
      collectionSint64: { sint64: messages.map(({ sequenceNumber }) => sequenceNumber?.toNumber() ?? 0) },
    },
    ToArray: texts(({ to }) => to),
    SubjectArray: subjects,
    LabelArray: subjects,
    CorrelationIdArray: texts(({ correlationId }) => correlationId),
    ApplicationPropertiesArray: properties,
    UserPropertiesArray: properties,
    SessionIdArray: texts(({ sessionId }) => sessionId),
    ReplyToSessionIdArray: texts(({ replyToSessionId }) => replyToSessionId),
    PartitionKeyArray: partitionKeys,
    TransactionPartitionKeyArray: partitionKeys, // a slip of the .NET extension, kept
    ...liveObjects(sessions),
  };
}
