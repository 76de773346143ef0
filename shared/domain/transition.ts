import type { EventType, Order, OutboxEntry } from "#shared/contracts/order.ts";
import type { TopicName } from "#shared/contracts/topology.ts";

/**
 * One move in the life of an order: the next document, with its version raised, its timeline extended and its messages in
 * the outbox; or the reason why it may not happen. A transition that has happened already is refused too, so a late or
 * repeated message never moves an order backwards.
 */
export type Transition<Reason extends string> =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly reason: Reason };

/** When, and as part of which trace, something happens. */
export interface Occasion {
  readonly at: string;
  readonly traceparent?: string | undefined;
}

export interface Happening {
  readonly event: EventType;
  readonly detail?: string | undefined;
  readonly topics: readonly TopicName[];
  /** The question that it is about. */
  readonly question?: number;
  /** What happened in the same moment and led to it. */
  readonly after?: Pick<Order["timeline"][number], "event" | "detail">;
}

/** The key of an outbox entry: each version tells each topic at most one thing. */
export const outboxEntryId = (version: number, topic: TopicName): string => `v${version}-${topic}`;

export function outboxOf(
  version: number,
  { event, topics, question }: Happening,
  { at, traceparent }: Occasion,
): Record<string, OutboxEntry> {
  const entry = {
    type: event,
    at,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(question === undefined ? {} : { question }),
  };
  return Object.fromEntries(topics.map((topic) => [outboxEntryId(version, topic), { topic, ...entry }]));
}

export function advance(
  order: Order,
  changes: Partial<Order>,
  happening: Happening,
  occasion: Occasion,
): Order {
  const version = order.version + 1;
  const { at } = occasion;
  const { event, detail, after } = happening;
  const entries = [
    ...(after === undefined ? [] : [{ at, ...after }]),
    { at, event, ...(detail === undefined ? {} : { detail }) },
  ];
  return {
    ...order,
    ...changes,
    version,
    updatedAt: at,
    timeline: [...order.timeline, ...entries],
    outbox: { ...order.outbox, ...outboxOf(version, happening, occasion) },
    ...(happening.topics.length > 0 ? { pendingSince: at } : {}),
  };
}

/** The order without a question that waits for an answer. */
export function withoutQuestion(order: Order): Order {
  const { attention: _, dueAt: __, ...rest } = order;
  return rest;
}
