import type { Clock } from "../../clock/clock.ts";
import { NEVER } from "../limits.ts";
import { amend, deadLetterAmendments } from "../message/amend.ts";
import { type Incoming, readMessage } from "../message/incoming.ts";
import { candidateOf, route } from "../rules/route.ts";
import type { Duplicates } from "../store/duplicates.ts";
import { type Head, type Messages, State } from "../store/messages.ts";
import { type Fault, sessionMissing, transferFault } from "./admission.ts";
import type { Entity, QueueEntity, SubscriptionEntity, TopicEntity } from "./entity.ts";
import type { Placed } from "./machinery.ts";
import type { MessageQueue } from "./message-queue.ts";

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
  /** The path of the entity that dead-lettered it, once it was forwarded from there. */
  readonly source: string | null;
}

export const start = (message: Incoming): Journey => ({
  message,
  hops: 0,
  enqueueSequence: undefined,
  timeToLiveMs: NEVER,
  scheduledAt: 0,
  source: null,
});

export interface RoutingParts {
  readonly clock: Clock;
  readonly messages: Messages;
  readonly duplicates: Duplicates;
  /** Where a forward leads; undefined when that entity does not exist. */
  readonly target: (name: string) => QueueEntity | TopicEntity | undefined;
}

/** Finds the queues that a message belongs to and places it there. All of it happens inside a write. */
export class Routing {
  readonly #parts: RoutingParts;

  constructor(parts: RoutingParts) {
    this.#parts = parts;
  }

  isDuplicate(entity: Entity, message: Incoming, now: number): boolean {
    if (!entity.description.requiresDuplicateDetection) return false;
    return !this.#parts.duplicates.isFirst(
      entity.id,
      message.messageId,
      now,
      entity.timing.duplicateWindowMs,
    );
  }

  /** The number the message gets in this entity, or in the first one behind it. */
  admit(entity: Entity, journey: Journey, placed: Placed[]): number {
    const onward = { ...journey, timeToLiveMs: Math.min(journey.timeToLiveMs, entity.timing.timeToLiveMs) };
    if (entity.kind === "topic") return this.#fanOut(entity, onward, placed);
    if (entity.description.forwardTo !== undefined) return this.forward(entity, onward, placed);
    return this.insert(entity.main, onward, placed, {});
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
    if (fault === undefined) this.admit(subscription, journey, placed);
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
      this.#bury(entity.deadLetters, journey, placed, fault);
      return;
    }
    const payload = amend(journey.message.payload, deadLetterAmendments(fault.reason, fault.description));
    const message = { ...journey.message, payload };
    this.transfer(entity, target, { ...journey, message, source: entity.path }, placed);
  }

  forward(from: QueueEntity | SubscriptionEntity, journey: Journey, placed: Placed[]): number {
    const enqueueSequence = journey.enqueueSequence ?? from.main.nextSequence();
    this.transfer(from, from.description.forwardTo ?? "", { ...journey, enqueueSequence }, placed);
    return enqueueSequence;
  }

  transfer(from: Entity, name: string, journey: Journey, placed: Placed[]): void {
    const target = this.#parts.target(name);
    const fault = transferFault(name, target, journey.message, journey.hops);
    if (target === undefined || fault !== undefined) {
      const why = fault ?? { reason: "TransferDestinationNotFound", description: name };
      this.#bury(from.transferDeadLetters, journey, placed, why);
      return;
    }
    const now = this.#parts.clock.now();
    target.accessedAt = now;
    if (this.isDuplicate(target, journey.message, now)) return;
    this.admit(target, { ...journey, hops: journey.hops + 1 }, placed);
  }

  #bury(queue: MessageQueue, journey: Journey, placed: Placed[], { reason, description }: Fault): void {
    const payload = amend(journey.message.payload, deadLetterAmendments(reason, description));
    this.insert(queue, { ...journey, message: { ...journey.message, payload } }, placed, {
      expiresAt: NEVER,
    });
  }

  insert(
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
