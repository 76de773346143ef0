import type { Description, Timing } from "./description.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { Rule } from "../rules/rule.ts";

export type EntityKind = "queue" | "topic" | "subscription";

interface Common {
  readonly id: number;
  /** As it was created, case kept: `orders`, or `orders/Subscriptions/mail`. */
  readonly path: string;
  readonly createdAt: number;
  updatedAt: number;
  accessedAt: number;
  description: Description;
  timing: Timing;
  /** A topic's own queue only ever holds scheduled messages. */
  readonly main: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly transferDeadLetters: MessageQueue;
}

export interface QueueEntity extends Common {
  readonly kind: "queue";
}

export interface TopicEntity extends Common {
  readonly kind: "topic";
  /** By name in lower case. */
  readonly subscriptions: Map<string, SubscriptionEntity>;
}

export interface SubscriptionEntity extends Common {
  readonly kind: "subscription";
  readonly name: string;
  readonly topic: TopicEntity;
  /** By name in lower case. */
  readonly rules: Map<string, Rule>;
}

export type Entity = QueueEntity | TopicEntity | SubscriptionEntity;

/** The sub-queues of an entity, by their offset in `message.queue`. */
export const SubQueue = { main: 0, deadLetters: 1, transferDeadLetters: 2 } as const;
export const SUB_QUEUES = 4;
