import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../worker/wire.ts";

/**
 * What the host sends as trigger metadata of a single message. Names are .NET's; the library lower-cases their
 * first letter, also inside objects, and JSON-parses every string that happens to parse.
 *
 * @param body the body as text, whose top-level properties join in; undefined for binary bodies.
 */
export function triggerMetadata(
  message: ServiceBusReceivedMessage,
  body: string | undefined,
  sessions: boolean,
): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {};
  const put = (name: string, value: unknown): void => {
    const data = typedData(value);
    if (data !== undefined) metadata[name] = data;
  };
  // .NET counts this delivery too, the client counts the earlier ones.
  put("DeliveryCount", (message.deliveryCount ?? 0) + 1);
  put("DeadLetterSource", message.deadLetterSource);
  put("LockToken", message.lockToken);
  put("ExpiresAtUtc", message.expiresAtUtc);
  put("ExpiresAt", message.expiresAtUtc);
  put("EnqueuedTimeUtc", message.enqueuedTimeUtc);
  put("EnqueuedTime", message.enqueuedTimeUtc);
  put("MessageId", message.messageId === undefined ? undefined : String(message.messageId));
  put("ContentType", message.contentType);
  put("ReplyTo", message.replyTo);
  put("SequenceNumber", message.sequenceNumber?.toNumber());
  put("To", message.to);
  put("Subject", message.subject);
  put("Label", message.subject);
  put("CorrelationId", message.correlationId === undefined ? undefined : String(message.correlationId));
  put("ApplicationProperties", message.applicationProperties ?? {});
  put("UserProperties", message.applicationProperties ?? {});
  put("SessionId", message.sessionId);
  put("ReplyToSessionId", message.replyToSessionId);
  put("PartitionKey", message.partitionKey);
  Object.assign(metadata, liveObjects(sessions));
  if (body !== undefined) addBodyProperties(metadata, body);
  return metadata;
}

/** Live objects of the .NET client; in Node nothing can be done with them but see that they are there. */
export function liveObjects(sessions: boolean): Record<string, TypedData> {
  const names = ["MessageReceiver", "MessageActions", "ReceiveActions", "Client"];
  if (sessions) names.push("MessageSession", "SessionActions");
  return Object.fromEntries(names.map((name) => [name, { json: "{}" }]));
}

function typedData(value: unknown): TypedData | undefined {
  switch (typeof value) {
    case "string":
      return { string: value };
    case "number":
      return Number.isInteger(value) ? { int: value } : { double: value };
    case "undefined":
      return undefined;
    default:
      return value === null ? undefined : { json: JSON.stringify(value) };
  }
}

/**
 * The host adds the top-level properties of a JSON object body to the same map, which ignores case, so they
 * replace the system's own values: never trust `triggerMetadata.messageId` from producers you do not control.
 * Arrays and nulls are left out, scalars become strings, objects stay.
 */
function addBodyProperties(metadata: Record<string, TypedData>, body: string): void {
  const properties = jsonObject(body);
  if (properties === undefined) return;
  const known = new Map(Object.keys(metadata).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || Array.isArray(value)) continue;
    const target = known.get(name.toLowerCase()) ?? name;
    known.set(name.toLowerCase(), target);
    metadata[target] =
      typeof value === "object" ? { json: JSON.stringify(value) } : { string: scalarText(value) };
  }
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  try {
    const parsed: Record<string, unknown> = JSON.parse(trimmed);
    return parsed;
  } catch {
    return undefined;
  }
}

/** .NET writes booleans with a capital letter, so they do not turn back into booleans in the library. */
function scalarText(value: unknown): string {
  return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
}
