import type { EventType, Order } from "#shared/contracts/order.ts";
import { contradictionsIn } from "./contradictions.ts";
import { examineGoods } from "./examine-goods.ts";
import { examineMoney } from "./examine-money.ts";
import { examineNotices } from "./examine-notices.ts";
import type { OrderRecords } from "./records.ts";
import { about, isSettled, type Suspicion } from "./suspicion.ts";

/**
 * Every contradiction between one order and what the other stores say of it. Pure. What an order says by itself is
 * judged at once, because a transition is one write; what others say of it only when it has been quiet for a while.
 */
export function examineOrder(records: OrderRecords, nowMs: number): Suspicion[] {
  const { order } = records;
  const settled = isSettled(order.updatedAt, nowMs);
  return [
    ...examineDocument(order),
    ...(settled
      ? [...examineProgress(order, nowMs), ...examineGoods(records), ...examineMoney(records)]
      : []),
    ...examineNotices(records, nowMs),
  ];
}

function examineDocument(order: Order): Suspicion[] {
  const details = contradictionsIn(order);
  return details.length === 0 ? [] : [{ ...about(order), kind: "order-altered", detail: details.join("; ") }];
}

/** An order that nothing moves on any more although it is not at rest. */
function examineProgress(order: Order, nowMs: number): Suspicion[] {
  if (order.pendingSince !== undefined || Object.keys(order.outbox).length > 0) {
    const detail = `${Object.keys(order.outbox).length} messages wait since ${order.pendingSince ?? "nobody knows"}`;
    return [{ ...about(order), kind: "outbox-stuck", detail, repair: { kind: "publish-outbox" } }];
  }
  if (order.status === "needs-attention") return examineQuestion(order, nowMs);
  const due = dueEvent(order);
  if (due === undefined) return [];
  const detail = `${order.status} since ${order.updatedAt}, payment ${order.payment.state}, stock ${order.stock.state}`;
  const repair = { kind: "handle-again", queue: "stock", event: due } as const;
  return [{ ...about(order), kind: "order-stalled", detail, repair }];
}

/** The timer that reminds and gives up finds orders by `dueAt`: without it the question would wait for ever. */
function examineQuestion(order: Order, nowMs: number): Suspicion[] {
  const { attention, dueAt } = order;
  if (attention === undefined || (dueAt !== undefined && !isSettled(dueAt, nowMs))) return [];
  const detail = `the question of ${attention.since} was due at ${dueAt ?? "no time at all"}`;
  return [{ ...about(order), kind: "order-stalled", detail }];
}

/** The event whose handling would bring the order to rest. */
function dueEvent(order: Order): EventType | undefined {
  const { status, payment, stock, answers } = order;
  if (status === "accepted") return answers === undefined ? "order.placed.v1" : "order.answered.v1";
  if (status === "cancelled" && payment.state !== "not-taken") return "order.cancelled.v1";
  if (status === "fulfilled" && stock.state !== "sold") return "order.fulfilled.v1";
  return undefined;
}
