import type { Clock } from "../../clock/clock.ts";
import { asBrokerError } from "../errors.ts";
import { NEVER } from "../limits.ts";
import { amend, deadLetterAmendments } from "../message/amend.ts";
import { type Incoming, readMessage } from "../message/incoming.ts";
import { candidateOf, route } from "../rules/route.ts";
import type { Duplicates } from "../store/duplicates.ts";
import type { Journal } from "../store/journal.ts";
import { type Head, type Messages, State } from "../store/messages.ts";
import { assertAdmits, type Fault, isSendDisabled, sessionMissing, transferFault } from "./admission.ts";
import type { Entity, QueueEntity, SubscriptionEntity, TopicEntity } from "./entity.ts";
import type { MessageQueue, Placed } from "./message-queue.ts";
import type { Done } from "./settlement.ts";

/** A message on its way through topics and forwards, and what it has met so far. */
interface Journey {
  readonly message: Incoming;
  readonly hops: number;
  /** The number it got where it entered; undefined before that. */
  readonly enqueueSequence: number | undefined;
  /** The shortest default time-to-live on its way. */
  readonly timeToLiveMs: number;
  /** When it was to appear, for a message whose time has come; 0 otherwise. */
  readonly scheduledAt: number;
  /** The path of the entity that dead-lettered it. */
  readonly source: string | null;
}

interface PublisherParts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly messages: Messages;
  readonly duplicates: Duplicates;
  /** Where a forward leads; undefined when that entity does not exist. */
  readonly target: (name: string) => QueueEntity | TopicEntity | undefined;
  /** A message waits for its time in this entity. */
  readonly onScheduled: (entity: Entity, at: number) => void;
}

/**
 * Brings messages to the queues they belong to: duplicates dropped, scheduled ones kept back, topics fanned
 * out by rules, forwards followed. All of one call is one atomic write.
 */
export class Publisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** `done` is called when the messages are on disk. @throws BrokerError when the entity does not take them */
  publish(entity: Entity, messages: readonly Incoming[], done: Done): void {
    assertAdmits(entity, messages);
    this.#write(
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
      (placed) =>
        heads.filter((head) => {
          const message = readMessage(messages.payload(head));
          if (!messages.remove(head)) return false;
          this.#admit(entity, { ...start(message), scheduledAt: head.scheduledAt }, placed);
          return true;
        }),
      (activated) => {
        for (const head of activated) entity.main.left(head);
      },
      failed,
    );
  }

  #write<T>(
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
    );
  }

  /** A message from outside. The number it gets here, or 0 when it was dropped as a duplicate. */
  #enter(entity: Entity, message: Incoming, placed: Placed[]): number {
    const now = this.#parts.clock.now();
    if (this.#isDuplicate(entity, message, now)) return 0;
    if (message.scheduledAt === undefined || message.scheduledAt <= now) {
      return this.#admit(entity, start(message), placed);
    }
    const sequence = this.#insert(entity.main, start(message), placed, {
      state: State.scheduled,
      scheduledAt: message.scheduledAt,
      // Its time to live starts when it appears.
      expiresAt: NEVER,
    });
    this.#parts.onScheduled(entity, message.scheduledAt);
    return sequence;
  }

  #isDuplicate(entity: Entity, message: Incoming, now: number): boolean {
    if (!entity.description.requiresDuplicateDetection) return false;
    return !this.#parts.duplicates.isFirst(
      entity.id,
      message.messageId,
      now,
      entity.timing.duplicateWindowMs,
    );
  }

  /** The number the message gets in this entity, or in the first one behind it. */
  #admit(entity: Entity, journey: Journey, placed: Placed[]): number {
    const onward = { ...journey, timeToLiveMs: Math.min(journey.timeToLiveMs, entity.timing.timeToLiveMs) };
    if (entity.kind === "topic") return this.#fanOut(entity, onward, placed);
    if (entity.description.forwardTo !== undefined) return this.#forward(entity, onward, placed);
    return this.#insert(entity.main, onward, placed, {});
  }

  #fanOut(topic: TopicEntity, journey: Journey, placed: Placed[]): number {
    const sequence = topic.main.nextSequence();
    const onward = { ...journey, enqueueSequence: journey.enqueueSequence ?? sequence };
    const { message, timeToLiveMs, source } = onward;
    const candidate = candidateOf(message.payload, {
      enqueuedAt: this.#parts.clock.now(),
      sequence,
      timeToLiveMs: Math.min(message.timeToLiveMs ?? NEVER, timeToLiveMs),
      size: message.payload.length,
      source,
    });
    for (const subscription of topic.subscriptions.values()) {
      const routed = route(subscription.rules.values(), candidate);
      if (isSendDisabled(subscription)) continue;
      if (routed.asSent) this.#subscribe(subscription, onward, placed);
      for (const payload of routed.changed) {
        this.#subscribe(subscription, { ...onward, message: readMessage(payload) }, placed);
      }
      if (routed.faults.length > 0) this.#ruleFault(subscription, onward, placed, routed.faults.join(" "));
    }
    return sequence;
  }

  /** A subscription with sessions has no place for a message without one but among its dead letters. */
  #subscribe(subscription: SubscriptionEntity, journey: Journey, placed: Placed[]): void {
    const fault = sessionMissing(subscription, journey.message);
    if (fault === undefined) this.#admit(subscription, journey, placed);
    else this.#deadLetter(subscription, journey, placed, fault);
  }

  #ruleFault(
    subscription: SubscriptionEntity,
    journey: Journey,
    placed: Placed[],
    description: string,
  ): void {
    if (!subscription.description.deadLetteringOnFilterEvaluationExceptions) return;
    this.#deadLetter(subscription, journey, placed, { reason: "FilterEvaluationException", description });
  }

  /** What never came to wait in the entity goes where its dead letters go. */
  #deadLetter(entity: Entity, journey: Journey, placed: Placed[], fault: Fault): void {
    const { forwardDeadLetteredMessagesTo: target } = entity.description;
    if (target === undefined) {
      this.#bury(entity.deadLetters, entity, journey, placed, fault);
      return;
    }
    const payload = amend(journey.message.payload, deadLetterAmendments(fault.reason, fault.description));
    const message = { ...journey.message, payload };
    this.#transfer(entity, target, { ...journey, message, source: entity.path }, placed);
  }

  /** Inside a write: a dead letter leaves its entity. What was placed is to be announced after the commit. */
  forwardDeadLetter(from: Entity, head: Head): readonly Placed[] {
    const placed: Placed[] = [];
    const { messages } = this.#parts;
    const { enqueueSequence } = head;
    const journey = { ...start(readMessage(messages.payload(head))), enqueueSequence, source: from.path };
    messages.drop(head);
    this.#transfer(from, from.description.forwardDeadLetteredMessagesTo ?? "", journey, placed);
    return placed;
  }

  /** Inside a write: a message that waited when its entity began to forward, its head already removed. */
  forwardWaiting(from: QueueEntity | SubscriptionEntity, head: Head): readonly Placed[] {
    const placed: Placed[] = [];
    const { messages } = this.#parts;
    const message = readMessage(messages.payload(head));
    messages.drop(head);
    const left = head.expiresAt === NEVER ? NEVER : Math.max(0, head.expiresAt - this.#parts.clock.now());
    const { enqueueSequence, scheduledAt } = head;
    this.#forward(from, { ...start(message), enqueueSequence, scheduledAt, timeToLiveMs: left }, placed);
    return placed;
  }

  #forward(from: QueueEntity | SubscriptionEntity, journey: Journey, placed: Placed[]): number {
    const enqueueSequence = journey.enqueueSequence ?? from.main.nextSequence();
    this.#transfer(from, from.description.forwardTo ?? "", { ...journey, enqueueSequence }, placed);
    return enqueueSequence;
  }

  #transfer(from: Entity, name: string, journey: Journey, placed: Placed[]): void {
    const target = this.#parts.target(name);
    const fault = transferFault(name, target, journey.message, journey.hops);
    if (target === undefined || fault !== undefined) {
      const why = fault ?? { reason: "TransferDestinationNotFound", description: name };
      this.#bury(from.transferDeadLetters, from, journey, placed, why);
      return;
    }
    const now = this.#parts.clock.now();
    target.accessedAt = now;
    if (this.#isDuplicate(target, journey.message, now)) return;
    this.#admit(target, { ...journey, hops: journey.hops + 1 }, placed);
  }

  #bury(
    queue: MessageQueue,
    { path: source }: Entity,
    journey: Journey,
    placed: Placed[],
    { reason, description }: Fault,
  ): void {
    const payload = amend(journey.message.payload, deadLetterAmendments(reason, description));
    const message = { ...journey.message, payload };
    this.#insert(queue, { ...journey, message, source }, placed, { expiresAt: NEVER });
  }

  #insert(
    queue: MessageQueue,
    { message, enqueueSequence, timeToLiveMs, scheduledAt, source }: Journey,
    placed: Placed[],
    special: Partial<Pick<Head, "state" | "scheduledAt" | "expiresAt">>,
  ): number {
    const now = this.#parts.clock.now();
    const lives = Math.min(message.timeToLiveMs ?? NEVER, timeToLiveMs);
    const head = queue.place({
      state: State.active,
      enqueuedAt: now,
      enqueueSequence,
      expiresAt: lives === NEVER ? NEVER : now + lives,
      scheduledAt,
      deliveryCount: 0,
      source,
      session: message.sessionId ?? null,
      content: this.#parts.messages.store(message.payload),
      size: message.payload.length,
      ...special,
    });
    placed.push({ queue, head, payload: message.payload });
    return head.sequence;
  }
}

const start = (message: Incoming): Journey => ({
  message,
  hops: 0,
  enqueueSequence: undefined,
  timeToLiveMs: NEVER,
  scheduledAt: 0,
  source: null,
});
