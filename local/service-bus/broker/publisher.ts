import { asBrokerError } from "../errors.ts";
import { NEVER } from "../limits.ts";
import { type Incoming, readMessage } from "../message/incoming.ts";
import type { Journal } from "../store/journal.ts";
import { type Head, State } from "../store/messages.ts";
import { assertAdmits } from "./admission.ts";
import type { Entity, QueueEntity, SubscriptionEntity } from "./entity.ts";
import type { Placed } from "./machinery.ts";
import { Routing, type RoutingParts, start } from "./routing.ts";
import type { Done } from "./settlement.ts";

interface PublisherParts extends RoutingParts {
  readonly journal: Journal;
  /** A message waits for its time in this entity. */
  readonly onScheduled: (entity: Entity, at: number) => void;
}

/**
 * Brings messages to the queues they belong to: duplicates dropped, scheduled ones kept back, topics fanned
 * out by rules, forwards followed. All of one call is one atomic write.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #routing: Routing;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#routing = new Routing(parts);
  }

  /** `done` is called when the messages are on disk. @throws BrokerError when the entity does not take them */
  publish(entity: Entity, messages: readonly Incoming[], done: Done): void {
    assertAdmits(entity, messages);
    this.#write(
      messages.length,
      (placed) => {
        for (const message of messages) this.#enter(entity, message, placed);
      },
      () => done(),
      (error) => done(asBrokerError(error)),
      // Without rules and forwards nothing can go wrong but the disk.
      entity.kind === "queue" && entity.description.forwardTo === undefined ? "writePlain" : "write",
    );
  }

  /** The sequence numbers by which the messages can be cancelled; one whose time has come is sent at once. */
  async schedule(entity: Entity, messages: readonly Incoming[]): Promise<number[]> {
    assertAdmits(entity, messages);
    return await new Promise((resolve, reject) =>
      this.#write(
        messages.length,
        (placed) => messages.map((message) => this.#enter(entity, message, placed)),
        resolve,
        reject,
      ),
    );
  }

  /** Sends on scheduled messages whose time has come; they get new numbers and a new enqueued time. */
  activate(entity: Entity, heads: readonly Head[], failed: () => void): void {
    const { messages } = this.#parts;
    this.#write(
      heads.length,
      (placed) =>
        heads.filter((head) => {
          const message = readMessage(messages.payload(head));
          if (!messages.remove(head)) return false;
          this.#routing.admit(entity, { ...start(message), scheduledAt: head.scheduledAt }, placed);
          return true;
        }),
      (activated) => {
        for (const head of activated) entity.main.left(head);
      },
      failed,
    );
  }

  #write<T>(
    weight: number,
    work: (placed: Placed[]) => T,
    applied: (result: T) => void,
    failed: (error: unknown) => void,
    write: "write" | "writePlain" = "write",
  ): void {
    const placed: Placed[] = [];
    const { clock, duplicates } = this.#parts;
    this.#parts.journal[write](
      () => duplicates.together(clock.now(), () => work(placed)),
      (result) => {
        for (const { queue, head, payload } of placed) queue.arrived(head, payload);
        applied(result);
      },
      failed,
      weight,
    );
  }

  /** A message from outside. The number it gets here, or 0 when it was dropped as a duplicate. */
  #enter(entity: Entity, message: Incoming, placed: Placed[]): number {
    const now = this.#parts.clock.now();
    if (this.#routing.isDuplicate(entity, message, now)) return 0;
    if (message.scheduledAt === undefined || message.scheduledAt <= now) {
      return this.#routing.admit(entity, start(message), placed);
    }
    const sequence = this.#routing.insert(entity.main, start(message), placed, {
      state: State.scheduled,
      scheduledAt: message.scheduledAt,
      // Its time to live starts when it appears.
      expiresAt: NEVER,
    });
    this.#parts.onScheduled(entity, message.scheduledAt);
    return sequence;
  }

  /** Inside a write: a dead letter leaves its entity. What was placed is to be announced after the commit. */
  forwardDeadLetter(from: Entity, head: Head): readonly Placed[] {
    const placed: Placed[] = [];
    const { messages } = this.#parts;
    const { enqueueSequence } = head;
    const journey = { ...start(readMessage(messages.payload(head))), enqueueSequence, source: from.path };
    messages.drop(head);
    this.#routing.transfer(from, from.description.forwardDeadLetteredMessagesTo ?? "", journey, placed);
    return placed;
  }

  /** Inside a write: a message that waited when its entity began to forward, its head already removed. */
  forwardWaiting(from: QueueEntity | SubscriptionEntity, head: Head): readonly Placed[] {
    const placed: Placed[] = [];
    const { messages } = this.#parts;
    const message = readMessage(messages.payload(head));
    messages.drop(head);
    const left = head.expiresAt === NEVER ? NEVER : Math.max(0, head.expiresAt - this.#parts.clock.now());
    const { enqueueSequence, scheduledAt, source } = head;
    this.#routing.forward(
      from,
      { ...start(message), enqueueSequence, scheduledAt, source, timeToLiveMs: left },
      placed,
    );
    return placed;
  }
}
