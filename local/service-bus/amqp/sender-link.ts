import { pathOf, resolve } from "../broker/address.ts";
import { assertCanSend } from "../broker/admission.ts";
import { asBrokerError, BrokerError, messageTooLarge } from "../errors.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { readTransfer } from "../message/incoming.ts";
import type { BrokerContext } from "./broker-context.ts";
import type { IncomingDelivery, IncomingLink } from "./links.ts";

/**
 * A client's sender. Each transfer, single or batch, is one atomic write and answered when it is on disk.
 * @throws BrokerError when the link is to be refused
 */
export function serveSender(link: IncomingLink, broker: BrokerContext): void {
  const path = pathOf(link.address);
  const { entity, queue } = resolve(broker.namespace, path, broker.host());
  broker.grants.require(link.peer, path, ["Send"], Date.now());
  assertCanSend(entity, queue);
  let isGone = false;
  const message = (delivery: IncomingDelivery): void => {
    try {
      if (isGone) throw gone(path);
      if (delivery.payload.length > MAX_MESSAGE_BYTES) throw messageTooLarge(delivery.payload.length);
      const messages = readTransfer(delivery.payload, delivery.format);
      entity.accessedAt = broker.namespace.machinery.clock.now();
      broker.namespace.publisher.publish(entity, messages, (failure) => delivery.settle(failure));
    } catch (error) {
      delivery.settle(asBrokerError(error));
    }
  };
  const stopWatchingToken = broker.grants.watch(link.peer, path, ["Send"], (error) => link.detach(error));
  const stopWatching = broker.namespace.onClosed(entity, () => {
    isGone = true;
    link.detach(gone(path));
  });
  link.accept({ message, closed: () => (stopWatching(), stopWatchingToken()) });
}

const gone = (path: string): BrokerError =>
  new BrokerError("notFound", `The messaging entity '${path}' could not be found.`);
