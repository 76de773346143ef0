import { pathOf, resolve } from "../broker/address.ts";
import type { Consumer } from "../broker/consumers.ts";
import type { Lock } from "../broker/locks.ts";
import type { MessageQueue } from "../broker/message-queue.ts";
import { abandon, complete, deadLetter, defer, type Done, release } from "../broker/settlement.ts";
import { asBrokerError, BrokerError } from "../errors.ts";
import { amendmentsOf, deadLetterFields } from "../message/amend.ts";
import type { BrokerContext } from "./broker-context.ts";
import type { Outcome, OutgoingDelivery, OutgoingLink } from "./links.ts";

const DELETED = Buffer.from([0]);

/**
 * A client's receiver on a queue, a subscription or a dead-letter queue.
 * @throws BrokerError when the link is to be refused
 */
export function serveReceiver(link: OutgoingLink<Lock | undefined>, broker: BrokerContext): void {
  const path = pathOf(link.address);
  const { entity, queue } = resolve(broker.namespace, path, broker.host());
  broker.grants.require(link.peer, path, ["Listen"], Date.now());
  if (link.sessionFilter !== undefined) {
    throw new BrokerError(
      "notImplemented",
      `Sessions are not supported yet: '${path}' cannot be received from by session.`,
    );
  }
  if (entity.kind === "topic" && queue === entity.main) {
    throw new BrokerError(
      "notAllowed",
      "A topic has no messages of its own; receive from one of its subscriptions.",
    );
  }
  const consumer = new LinkConsumer(link, path);
  queue.attach(consumer);
  link.accept({
    credit: (drain) => {
      queue.deliver();
      if (drain) consumer.drain();
    },
    outcome: (delivery, outcome) => carryOut(queue, delivery, outcome),
    closed: () => queue.detach(consumer),
  });
}

class LinkConsumer implements Consumer {
  readonly deletes: boolean;
  readonly #link: OutgoingLink<Lock | undefined>;
  readonly #path: string;
  /** Messages that are being deleted and will be sent after the commit. */
  #reserved = 0;
  #draining = false;

  constructor(link: OutgoingLink<Lock | undefined>, path: string) {
    this.#link = link;
    this.#path = path;
    this.deletes = link.presettled;
  }

  room(): number {
    return this.#draining ? 0 : this.#link.room() - this.#reserved;
  }

  reserve(): void {
    this.#reserved++;
  }

  unreserve(): void {
    this.#reserved--;
    this.#finishDrain();
  }

  deliver(encoded: Buffer, lock: Lock | undefined): void {
    this.#link.send(encoded, lock?.token ?? DELETED, lock);
    if (lock === undefined) this.unreserve();
  }

  /** The credit is used up once the messages that are on their way have left. */
  drain(): void {
    this.#draining = true;
    this.#finishDrain();
  }

  evict(): void {
    this.#link.detach(
      new BrokerError("notFound", `The messaging entity '${this.#path}' could not be found.`),
    );
  }

  #finishDrain(): void {
    if (!this.#draining || this.#reserved > 0) return;
    this.#draining = false;
    this.#link.drained();
  }
}

function carryOut(queue: MessageQueue, delivery: OutgoingDelivery<Lock | undefined>, outcome: Outcome): void {
  const lock = delivery.subject;
  const done: Done = (failure) => delivery.settle(failure);
  if (lock === undefined) {
    done();
    return;
  }
  try {
    settle(queue, lock, outcome, done);
  } catch (error) {
    done(asBrokerError(error));
  }
}

function settle(queue: MessageQueue, lock: Lock, outcome: Outcome, done: Done): void {
  switch (outcome.kind) {
    case "accepted":
      return complete(queue, lock, done);
    case "released":
      return release(queue, lock, done);
    case "rejected":
      return deadLetter(queue, lock, deadLetterFields(outcome.info), done);
    case "modified": {
      const change = outcome.undeliverableHere ? defer : abandon;
      return change(queue, lock, amendmentsOf(outcome.annotations), done);
    }
  }
}
