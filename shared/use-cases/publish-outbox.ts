import { orderEvent, outboxMessageId } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { type TopicName, topicNames } from "#shared/contracts/topology.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";
import type { Log } from "#shared/ports/log.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";

const MOST_ORDERS_AT_ONCE = 500;
/** While Service Bus is down, orders keep coming; beyond these the sweep takes over, so that memory stays flat. */
const MOST_ORDERS_WAITING = 5_000;

export interface PublishOutboxDeps {
  readonly orders: OrderStore;
  readonly bus: Bus;
  readonly log: Log;
}

/**
 * Publishes what orders owe to the topics, then clears their outboxes. Orders that arrive while a round is under way
 * join the next one, so that one batch and one bulk write serve them all. A round that fails leaves the outbox as it
 * is: the sweep publishes it again, and the broker drops what had arrived already.
 */
export class OutboxPublisher {
  readonly #deps: PublishOutboxDeps;
  #waiting: Order[] = [];
  #round: Promise<void> | undefined;

  constructor(deps: PublishOutboxDeps) {
    this.#deps = deps;
  }

  /** Returns at once. */
  publishSoon(order: Order): void {
    if (this.#waiting.length >= MOST_ORDERS_WAITING) return;
    this.#waiting.push(order);
    this.#round ??= this.#rounds();
  }

  /** Resolves when everything handed over so far was published or has failed. For shutting down, and for the sweep. */
  async drain(): Promise<void> {
    await this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#waiting.length > 0) {
      const orders = this.#waiting.splice(0, MOST_ORDERS_AT_ONCE);
      try {
        await publishOutboxes(this.#deps, orders, new Set());
      } catch (error) {
        this.#deps.log.warn("outbox.publish-failed", { orders: orders.length, error: String(error) });
      }
    }
    this.#round = undefined;
  }
}

/** Nothing is sent to topics that are `broken`; those that cannot be reached are added. */
async function publishOutboxes(
  { orders: store, bus }: PublishOutboxDeps,
  orders: readonly Order[],
  broken: Set<TopicName>,
): Promise<void> {
  const byTopic = new Map<TopicName, OutgoingMessage[]>();
  for (const order of orders) {
    for (const [entryId, entry] of Object.entries(order.outbox)) {
      const messages = byTopic.get(entry.topic) ?? [];
      byTopic.set(entry.topic, messages);
      messages.push({
        messageId: outboxMessageId(order.id, entryId),
        subject: entry.type,
        correlationId: order.id,
        body: orderEvent(order, entryId, entry),
        ...(entry.traceparent === undefined ? {} : { properties: { traceparent: entry.traceparent } }),
      });
    }
  }
  const failures: unknown[] = [];
  await Promise.all(
    [...byTopic].map(async ([topic, messages]) => {
      if (broken.has(topic)) return;
      await bus.send(topic, messages).catch((error: unknown) => {
        broken.add(topic);
        failures.push(error);
      });
    }),
  );
  const published = orders.filter((order) =>
    Object.values(order.outbox).every((entry) => !broken.has(entry.topic)),
  );
  await Promise.all(published.map((order) => store.clearOutbox(order)));
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `Could not publish to ${[...broken].join(", ")}: ${String(failures[0])}`,
    );
}

/** Long enough for a publication under way to end, short enough for a customer not to notice. */
const SWEEP_AFTER_MS = 10_000;
const SWEEP_PAGE = 200;
const SWEEP_PAGES = 50;

/**
 * Publishes what earlier processes left behind: they crashed, or Service Bus was down. Repeating it is harmless.
 * An order that cannot be published keeps its place and does not hold up the others: a topic that cannot be reached is
 * left alone until the next sweep. Throws when there was one.
 */
export async function sweepOutbox(
  deps: PublishOutboxDeps,
  nowMs: number,
): Promise<{ readonly swept: number }> {
  const before = new Date(nowMs - SWEEP_AFTER_MS).toISOString();
  const broken = new Set<TopicName>();
  const failures: unknown[] = [];
  const seen = new Set<string>();
  let from: string | undefined;
  for (let page = 0; page < SWEEP_PAGES; page++) {
    const { orders, unreadable, next } = await deps.orders.pending({ from, before }, SWEEP_PAGE);
    if (unreadable.length > 0) deps.log.error("outbox.unreadable-orders", { orders: unreadable });
    const unseen = orders.filter(({ id }) => !seen.has(id));
    for (const { id } of unseen) seen.add(id);
    await publishOutboxes(deps, unseen, broken).catch((error: unknown) => failures.push(error));
    if (next === undefined || next === from || broken.size === topicNames.length) break;
    from = next;
  }
  if (failures.length > 0) throw new AggregateError(failures, String(failures[0]));
  return { swept: seen.size };
}
