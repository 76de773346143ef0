import type { Place } from "../broker/address.ts";
import { assertCanReceive } from "../broker/admission.ts";
import type { Consumer } from "../broker/consumers.ts";
import type { Lock } from "../broker/locks.ts";
import type { MessageQueue } from "../broker/message-queue.ts";
import { abandon, complete, deadLetter, defer, type Done, release } from "../broker/settlement.ts";
import { asBrokerError, BrokerError } from "../errors.ts";
import { amendmentsOf, deadLetterFields } from "../message/amend.ts";
import type { Outcome, OutgoingDelivery, OutgoingLink } from "./links.ts";

const DELETED = Buffer.from([0]);

/** A receiver link as the queue sees it. */
export class LinkConsumer implements Consumer {
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

  evict(reason?: BrokerError): void {
    const gone = `The messaging entity '${this.#path}' could not be found.`;
    this.#link.detach(reason ?? new BrokerError("notFound", gone));
  }

  #finishDrain(): void {
    if (!this.#draining || this.#reserved > 0) return;
    this.#draining = false;
    this.#link.drained();
  }
}

/** Does what the client wants to happen to a delivery, and tells it so. */
export function carryOut(
  { entity, queue }: Place,
  delivery: OutgoingDelivery<Lock | undefined>,
  outcome: Outcome,
): void {
  const lock = delivery.subject;
  const done: Done = (failure) => delivery.settle(failure);
  if (lock === undefined) {
    done();
    return;
  }
  try {
    // The link of a disabled entity may live a moment longer.
    assertCanReceive(entity);
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
