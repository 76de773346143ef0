import { randomUUID } from "node:crypto";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import { childTrace } from "../trace-context.ts";
import type { InvocationRequest, TypedData } from "../worker/wire.ts";
import { batchMetadata } from "./batch-metadata.ts";
import { bodyOf } from "./message-body.ts";
import { triggerMetadata } from "./trigger-metadata.ts";

/** @throws UnsupportedBody */
export function singleRequest(
  target: ServiceBusFunction,
  message: ServiceBusReceivedMessage,
): InvocationRequest {
  const data = bodyOf(message, target.binary);
  const properties = message.applicationProperties;
  const parent = properties?.["traceparent"] ?? properties?.["Diagnostic-Id"];
  return {
    invocationId: randomUUID(),
    functionName: target.name,
    inputData: [{ name: target.triggerName, data }],
    triggerMetadata: triggerMetadata(message, data.string, target.sessions),
    traceContext: childTrace(typeof parent === "string" ? parent : undefined),
  };
}

/**
 * One call for several messages: the bodies as a collection, a trace of its own. **A message without a body leaves no gap**
 * in a collection of texts: the host drops empty ones on the way to a Node worker, so the handler gets fewer than there are.
 *
 * @throws UnsupportedBody
 */
export function batchRequest(
  target: ServiceBusFunction,
  messages: readonly ServiceBusReceivedMessage[],
): InvocationRequest {
  const bodies = messages.map((message) => bodyOf(message, target.binary));
  const data: TypedData = target.binary
    ? { collectionBytes: { bytes: bodies.map(({ bytes }) => bytes ?? Buffer.alloc(0)) } }
    : { collectionString: { string: bodies.map((body) => body.string ?? "").filter((text) => text !== "") } };
  return {
    invocationId: randomUUID(),
    functionName: target.name,
    inputData: [{ name: target.triggerName, data }],
    triggerMetadata: batchMetadata(messages, target.sessions),
    traceContext: childTrace(undefined),
  };
}
