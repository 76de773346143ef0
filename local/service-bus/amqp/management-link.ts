import { type Place, resolve } from "../broker/address.ts";
import { asBrokerError, BrokerError, type ErrorCode, messageTooLarge } from "../errors.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { entryOf, int, mapOf, nothing, symbol, text, textOf } from "../wire/values.ts";
import type { BrokerContext } from "./broker-context.ts";
import type { IncomingDelivery, IncomingLink, Peer } from "./links.ts";
import { deleteOperation } from "./management/delete-operation.ts";
import { messageOperations } from "./management/message-operations.ts";
import type { Operation, OperationResult } from "./management/operation.ts";
import { ruleOperations } from "./management/rule-operations.ts";
import { sessionOperations } from "./management/session-operations.ts";
import { decodeRequest, encodeReply, type Request } from "./message.ts";

const operations: Readonly<Record<string, Operation>> = {
  ...messageOperations,
  ...ruleOperations,
  ...sessionOperations,
  "com.microsoft:batch-delete-messages": deleteOperation,
};

const statusCodes: Record<ErrorCode, number> = {
  notFound: 404,
  messageNotFound: 404,
  alreadyExists: 409,
  lockLost: 410,
  sessionLockLost: 410,
  sessionCannotBeLocked: 409,
  timeout: 408,
  disabled: 403,
  quotaExceeded: 403,
  unauthorized: 401,
  notAllowed: 400,
  invalid: 400,
  tooLarge: 413,
  notImplemented: 501,
  internal: 500,
};

/**
 * `<entity>/$management`. The client keeps this link for as long as it lives, so the entity is looked up
 * at each request: it may have been deleted and created anew.
 */
export function serveManagement(link: IncomingLink, path: string, broker: BrokerContext): void {
  broker.grants.require(link.peer, path, ["Listen", "Send"], Date.now());
  link.accept({
    message: (delivery) => void answer(link.peer, path, delivery, broker),
    closed: () => undefined,
  });
}

async function answer(
  peer: Peer,
  path: string,
  delivery: IncomingDelivery,
  broker: BrokerContext,
): Promise<void> {
  let request: Request;
  try {
    request = decodeRequest(delivery.payload);
  } catch (error) {
    delivery.settle(asBrokerError(error));
    return;
  }
  delivery.settle();
  let reply: Buffer;
  try {
    if (delivery.payload.length > MAX_MESSAGE_BYTES) throw messageTooLarge(delivery.payload.length);
    reply = success(request, await run(peer, path, request, broker));
  } catch (error) {
    const failure = asBrokerError(error);
    if (failure.code === "internal") broker.log("service-bus.bug", { path, error: String(failure.cause) });
    reply = refusal(request, failure);
  }
  broker.replies.send(peer, request.replyTo, reply);
}

async function run(
  peer: Peer,
  path: string,
  { properties, body }: Request,
  { namespace, grants, host }: BrokerContext,
): Promise<OperationResult> {
  const name = textOf(entryOf(properties, "operation")) ?? "";
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    throw new BrokerError("notImplemented", `The management operation '${name}' is not supported yet.`);
  }
  grants.require(peer, path, operation.claims, Date.now());
  const place: Place = resolve(namespace, path, host());
  place.entity.accessedAt = namespace.machinery.clock.now();
  if (body.type !== "map") throw new BrokerError("invalid", "The request's body is no map.");
  return await operation.run({
    namespace,
    place,
    body,
    requester: { peer, link: textOf(entryOf(properties, "associated-link-name")) },
  });
}

function success({ messageId }: Request, result: OperationResult): Buffer {
  const properties = mapOf({
    statusCode: int(result === undefined ? 204 : 200),
    statusDescription: text(result === undefined ? "No Content" : "OK"),
  });
  return encodeReply(messageId, properties, result ?? nothing);
}

function refusal({ messageId }: Request, failure: BrokerError): Buffer {
  const properties = mapOf({
    statusCode: int(statusCodes[failure.code]),
    statusDescription: text(failure.message),
    errorCondition: symbol(failure.condition),
  });
  return encodeReply(messageId, properties, nothing);
}
