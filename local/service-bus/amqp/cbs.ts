import { checkToken } from "../access/sas.ts";
import { lookUp, managedPath, pathOf } from "../broker/address.ts";
import { asBrokerError, BrokerError, entityNotFound, type ErrorCode } from "../errors.ts";
import { entryOf, int, mapOf, nothing, symbol, text, textOf } from "../wire/values.ts";
import type { BrokerContext } from "./broker-context.ts";
import type { IncomingDelivery, IncomingLink, Peer } from "./links.ts";
import { decodeRequest, encodeReply, type Request } from "./message.ts";

const statusCodes: Partial<Record<ErrorCode, number>> = {
  notFound: 404,
  unauthorized: 401,
  invalid: 400,
  notImplemented: 501,
};

/** `$cbs`: clients bring a token for each entity before they open a link to it. */
export function serveCbs(link: IncomingLink, broker: BrokerContext): void {
  link.accept({
    message: (delivery) => answer(link.peer, delivery, broker),
    closed: () => undefined,
  });
}

function answer(peer: Peer, delivery: IncomingDelivery, broker: BrokerContext): void {
  let request: Request;
  try {
    request = decodeRequest(delivery.payload);
  } catch (error) {
    delivery.settle(asBrokerError(error));
    return;
  }
  delivery.settle();
  let failure: BrokerError | undefined;
  try {
    putToken(peer, request, broker);
  } catch (error) {
    failure = asBrokerError(error);
  }
  const properties = mapOf({
    "status-code": int(failure === undefined ? 202 : (statusCodes[failure.code] ?? 500)),
    "status-description": text(failure?.message ?? "Accepted"),
    ...(failure === undefined ? {} : { "error-condition": symbol(failure.condition) }),
  });
  broker.replies.send(peer, request.replyTo, encodeReply(request.messageId, properties, nothing));
}

/** A wrong key is told first: strangers learn nothing about which entities exist. */
function putToken(peer: Peer, request: Request, { keys, grants, namespace }: BrokerContext): void {
  const operation = textOf(entryOf(request.properties, "operation"));
  if (operation !== "put-token")
    throw new BrokerError("notImplemented", `$cbs does not know '${operation}'.`);
  const type = textOf(entryOf(request.properties, "type"));
  if (type !== "servicebus.windows.net:sastoken") {
    throw new BrokerError("unauthorized", `Unauthorized access. Tokens of type '${type}' are not supported.`);
  }
  const audience = textOf(entryOf(request.properties, "name")) ?? "";
  const grant = checkToken(textOf(request.body) ?? "", audience, keys, Date.now());
  const path = pathOf(audience);
  const entityPath = managedPath(path) ?? path;
  if (entityPath !== "" && lookUp(namespace, entityPath) === undefined) {
    throw entityNotFound(audience.replace(/\/\$management$/i, ""));
  }
  grants.put(peer, entityPath, grant);
}
