import { managedPath, pathOf, resolve } from "../broker/address.ts";
import { asBrokerError, BrokerError } from "../errors.ts";
import type { BrokerContext } from "./broker-context.ts";
import { serveCbs } from "./cbs.ts";
import type { AmqpHandlers, IncomingLink, OutgoingLink } from "./links.ts";
import { serveManagement } from "./management-link.ts";
import { serveReceiver } from "./receiver-link.ts";
import { serveSender } from "./sender-link.ts";

const CBS = "$cbs";

/** Decides by its address what a link is for, or refuses it. */
export function linkHandlers(broker: BrokerContext): AmqpHandlers {
  return {
    incoming: (link) => orRefuse(link, broker, () => serveIncoming(link, broker)),
    outgoing: (link) => orRefuse(link, broker, () => serveOutgoing(link, broker)),
    gone(peer) {
      broker.grants.forget(peer);
      broker.replies.forget(peer);
    },
  };
}

function serveIncoming(link: IncomingLink, broker: BrokerContext): void {
  // A coordinator has no address either.
  if (link.address === "")
    throw new BrokerError("notImplemented", "A sender needs an address; transactions are not supported.");
  const path = pathOf(link.address);
  if (path.toLowerCase() === CBS) return serveCbs(link, broker);
  const managed = managedPath(path);
  if (managed === undefined) return serveSender(link, broker);
  resolve(broker.namespace, managed, broker.host());
  return serveManagement(link, managed, broker);
}

function serveOutgoing(link: OutgoingLink<unknown>, broker: BrokerContext): void {
  const path = pathOf(link.address);
  if (path.toLowerCase() === CBS || managedPath(path) !== undefined) return broker.replies.accept(link);
  return serveReceiver(link, broker);
}

function orRefuse(
  link: Pick<IncomingLink, "refuse" | "address">,
  broker: BrokerContext,
  serve: () => void,
): void {
  try {
    serve();
  } catch (error) {
    const failure = asBrokerError(error);
    broker.log("service-bus.link-refused", { address: link.address, condition: failure.condition });
    link.refuse(failure);
  }
}
