import { pathOf, type Place, resolve } from "../broker/address.ts";
import { assertCanListen } from "../broker/admission.ts";
import type { Lock } from "../broker/locks.ts";
import { BrokerError } from "../errors.ts";
import type { BrokerContext } from "./broker-context.ts";
import { carryOut, LinkConsumer } from "./link-consumer.ts";
import type { OutgoingLink } from "./links.ts";
import { serveSession } from "./session-link.ts";

/**
 * A client's receiver on a queue, a subscription or a dead-letter queue.
 * @throws BrokerError when the link is to be refused
 */
export function serveReceiver(link: OutgoingLink<Lock | undefined>, broker: BrokerContext): void {
  const path = pathOf(link.address);
  const place = resolve(broker.namespace, path, broker.host());
  broker.grants.require(link.peer, path, ["Listen"], Date.now());
  if (place.entity.kind === "topic" && place.queue === place.entity.main) {
    throw new BrokerError(
      "notAllowed",
      "A topic has no messages of its own; receive from one of its subscriptions.",
    );
  }
  assertCanListen(place.entity, place.queue);
  assertSessionMode(link, place, path);
  const { entity, queue } = place;
  const touch = (): void => void (entity.accessedAt = queue.machinery.clock.now());
  touch();
  const consumer = new LinkConsumer(link, path);
  const stopWatching = broker.grants.watch(link.peer, path, ["Listen"], (error) => link.detach(error));
  if (queue.sessions !== undefined) {
    serveSession(link, { place, sessions: queue.sessions, consumer, touch, closed: stopWatching });
    return;
  }
  queue.attach(consumer);
  link.accept({
    credit: (drain) => {
      touch();
      queue.deliver();
      if (drain) consumer.drain();
    },
    outcome: (delivery, outcome) => carryOut(place, delivery, outcome),
    closed: () => {
      stopWatching();
      queue.detach(consumer);
    },
  });
}

function assertSessionMode(
  { sessionFilter }: OutgoingLink<Lock | undefined>,
  { queue }: Place,
  path: string,
): void {
  if (sessionFilter === undefined && queue.sessions !== undefined) {
    throw new BrokerError(
      "notAllowed",
      `It is not possible for an entity that requires sessions to create a non-sessionful message receiver ('${path}').`,
    );
  }
  if (sessionFilter !== undefined && queue.sessions === undefined) {
    throw new BrokerError(
      "notAllowed",
      `A sessionful message receiver cannot be created on an entity that does not require sessions ('${path}').`,
    );
  }
}
