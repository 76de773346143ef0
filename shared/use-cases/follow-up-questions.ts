import type { Order } from "#shared/contracts/order.ts";
import { deliveryIdFor } from "#shared/domain/ids.ts";
import { type AnswerTimes, followUp, postpone } from "#shared/domain/question.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { Log } from "#shared/ports/log.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface FollowUpDeps {
  readonly orders: OrderStore;
  readonly ledger: Pick<DeliveryLedger, "get">;
  readonly outbox: OutboxPublisher;
  readonly answerTimes: AnswerTimes;
  readonly log: Log;
}

const PAGE = 100;
/** What is left waits for the next run. */
const MOST_PAGES = 50;

/**
 * Reminds the customers whose answer is due soon, and cancels the orders whose time ran out; where the mail that asks was
 * not delivered yet, the time for an answer begins anew instead. May run twice and in parallel
 * with answers: the version decides who was first. An order that cannot be moved keeps no other from its deadline: throws
 * at the end when there was one. Answers how many orders moved.
 */
export async function followUpQuestions(deps: FollowUpDeps, nowMs: number): Promise<{ moved: number }> {
  const occasion = { at: new Date(nowMs).toISOString() };
  const failures: unknown[] = [];
  let moved = 0;
  let from: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { orders, unreadable, next } = await deps.orders.due({ from, until: occasion.at }, PAGE);
    if (unreadable.length > 0) deps.log.error("questions.unreadable-orders", { orders: unreadable });
    const results = await Promise.allSettled(orders.map((order) => follow(deps, order, occasion)));
    for (const result of results) {
      if (result.status === "rejected") failures.push(result.reason);
      else if (result.value) moved++;
    }
    if (next === undefined || next === from) break;
    from = next;
  }
  if (failures.length > 0) throw new AggregateError(failures, String(failures[0]));
  return { moved };
}

async function follow(
  { orders, ledger, outbox, answerTimes }: FollowUpDeps,
  order: Order,
  occasion: { readonly at: string },
): Promise<boolean> {
  const wasAsked = await isAsked(ledger, order);
  const followed = wasAsked ? followUp(order, occasion) : postpone(order, occasion, answerTimes);
  if (!followed.ok) return false;
  const saved = await orders.transition(order, followed.order);
  // Whoever was faster (an answer, a cancellation) has settled the question; nothing is left to do.
  if (saved.ok) outbox.publishSoon(saved.order);
  return saved.ok;
}

/** The question itself has reached its customer; that a reminder has is no matter. */
async function isAsked(ledger: FollowUpDeps["ledger"], { id, attention }: Order): Promise<boolean> {
  const mailId = deliveryIdFor(id, "order.attention-needed.v1", "customer", attention?.question);
  return (await ledger.get(id, mailId))?.state === "delivered";
}
