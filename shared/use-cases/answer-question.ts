import type { AnswerChoice, Order, OrderRef } from "#shared/contracts/order.ts";
import type { OrderReceipt } from "#shared/contracts/resources.ts";
import * as domain from "#shared/domain/question.ts";
import type { QuestionName } from "#shared/domain/question-link.ts";
import type { Occasion } from "#shared/domain/transition.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import { receiptOf } from "./order-views.ts";
import type { OutboxPublisher } from "./publish-outbox.ts";

export interface AnswerQuestionDeps {
  readonly orders: OrderStore;
  readonly outbox: OutboxPublisher;
}

export type AnswerQuestionResult =
  | { readonly ok: true; readonly receipt: OrderReceipt }
  | { readonly ok: false; readonly reason: "closed" }
  | { readonly ok: false; readonly reason: "answered-otherwise" }
  /** Which answers there are. */
  | { readonly ok: false; readonly reason: "not-offered"; readonly choices: readonly AnswerChoice[] };

/**
 * Takes the customer's answer. The same answer again is answered the same, another one is refused, and so is every answer
 * to a question that no longer waits: it was answered, its time ran out, or the order was cancelled meanwhile.
 */
export async function answerQuestion(
  deps: AnswerQuestionDeps,
  name: QuestionName,
  answer: domain.Answer,
  occasion: Occasion,
): Promise<AnswerQuestionResult> {
  for (;;) {
    const order = await deps.orders.get(refOf(name));
    if (order === undefined) return { ok: false, reason: "closed" };
    const answered = domain.answerQuestion(order, name.question, answer, occasion);
    if (!answered.ok) return refused(order, answered.reason);
    const saved = await deps.orders.transition(order, answered.order);
    if (saved.ok) {
      deps.outbox.publishSoon(saved.order);
      return { ok: true, receipt: receiptOf(saved.order) };
    }
    // The order moved meanwhile (a cancellation, the deadline, the same answer): look again and decide anew.
  }
}

export const refOf = ({ brandId, orderId }: QuestionName): OrderRef => ({ brandId, orderId });

function refused(order: Order, reason: domain.AnswerRefusal): AnswerQuestionResult {
  switch (reason) {
    case "already-answered":
      return { ok: true, receipt: receiptOf(order) };
    case "answered-otherwise":
      return { ok: false, reason };
    case "not-offered":
      return { ok: false, reason, choices: domain.choicesFor(order) };
    default:
      return { ok: false, reason: "closed" };
  }
}
