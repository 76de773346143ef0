import {
  type AnswerChoice,
  type Attention,
  type AttentionReason,
  type Order,
  UNANSWERED,
} from "#shared/contracts/order.ts";
import type { z } from "zod";
import { fingerprintOf } from "./ids.ts";
import { cancelOrder, namesOf, roundOf, totalOf } from "./order.ts";
import { advance, type Happening, type Occasion, type Transition, withoutQuestion } from "./transition.ts";

/*
 * A card was declined or goods are missing: the customer is asked, and nothing is cancelled. The question waits until its
 * deadline, with one reminder before it; an answer sends the order round again under new names, without the missing
 * goods if that is what the customer said, or cancels it. No answer in time cancels it as well, if the question was asked:
 * as long as its mail is not delivered, the time begins anew.
 */

const HOUR = 3_600_000;

export interface AnswerTimes {
  readonly withinMs: number;
  /** How long before the deadline the customer is reminded. */
  readonly remindBeforeMs: number;
}
export const DEFAULT_ANSWER_TIMES: AnswerTimes = { withinMs: 72 * HOUR, remindBeforeMs: 24 * HOUR };

export type Answer =
  | { readonly choice: "new-card"; readonly token: string }
  | { readonly choice: Exclude<AnswerChoice, "new-card"> };

const plus = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();

/** A deadline so short that there is no time for a reminder gets none. */
function deadlineFrom(
  at: string,
  { withinMs, remindBeforeMs }: AnswerTimes,
): { readonly until: string; readonly dueAt: string } {
  const until = plus(at, withinMs);
  return { until, dueAt: remindBeforeMs < withinMs ? plus(until, -remindBeforeMs) : until };
}

/** A business rule stands in the way. Nothing is held any more. */
export function askCustomer(
  order: Order,
  asked: { readonly reason: AttentionReason; readonly skus?: readonly string[] },
  occasion: Occasion,
  times: AnswerTimes = DEFAULT_ANSWER_TIMES,
): Transition<"not-accepted"> {
  if (order.status !== "accepted") return { ok: false, reason: "not-accepted" };
  const { reason, skus = [] } = asked;
  const question = (order.answers?.length ?? 0) + 1;
  const { until, dueAt } = deadlineFrom(occasion.at, times);
  const changes: Partial<Order> = {
    status: "needs-attention",
    attention: { reason, since: occasion.at, question, until, skus: [...skus] },
    dueAt,
    ...(reason === "payment-declined"
      ? { payment: { ...order.payment, state: "declined" }, stock: { ...order.stock, state: "released" } }
      : { stock: { ...order.stock, state: "short", shortSkus: [...skus] } }),
  };
  const happening: Happening = {
    event: "order.attention-needed.v1",
    detail: reason,
    topics: ["notifications"],
    question,
  };
  return { ok: true, order: advance(order, changes, happening, occasion) };
}

/** What the order would be without the goods that are missing; empty when nothing would be left. */
const linesInStock = (order: Order, { skus }: z.infer<typeof Attention>): Order["lines"] =>
  order.lines.filter(({ sku }) => !skus.includes(sku));

/** The answers that make sense for the question which the order waits with. */
export function choicesFor(order: Order): AnswerChoice[] {
  const { attention } = order;
  if (attention === undefined) return [];
  if (attention.reason === "payment-declined") return ["new-card", "cancel"];
  const some = linesInStock(order, attention).length > 0;
  return [...(some ? (["partial"] as const) : []), "try-again", "new-card", "cancel"];
}

export type AnswerRefusal =
  | "not-asked"
  | "already-answered"
  | "answered-otherwise"
  | "too-late"
  | "not-offered";

/** The same answer to the same question again is `already-answered`, which is as good as the first time. */
export function answerQuestion(
  order: Order,
  question: number,
  answer: Answer,
  occasion: Occasion,
): Transition<AnswerRefusal> {
  const fingerprint = fingerprintOf(answer);
  const given = order.answers?.find((one) => one.question === question);
  if (given !== undefined) {
    const same = given.fingerprint === fingerprint;
    return { ok: false, reason: same ? "already-answered" : "answered-otherwise" };
  }
  const { attention } = order;
  if (attention?.question !== question) return { ok: false, reason: "not-asked" };
  if (occasion.at >= attention.until) return { ok: false, reason: "too-late" };
  const { choice } = answer;
  if (!choicesFor(order).includes(choice)) return { ok: false, reason: "not-offered" };

  const answers = [...(order.answers ?? []), { question, choice, at: occasion.at, fingerprint }];
  if (choice === "cancel") return cancelledBy(order, { answers }, occasion);
  const answered: Order = { ...withoutQuestion(order), answers };
  const { paymentKey, reservationId } = namesOf(order.id, roundOf(answered));
  const token = answer.choice === "new-card" ? answer.token : order.payment.token;
  const changes: Partial<Order> = {
    status: "accepted",
    payment: { key: paymentKey, token, state: "due" },
    stock: { reservationId, state: "due" },
    ...(choice === "partial" ? withoutMissing(order, attention) : {}),
  };
  const happening: Happening = {
    event: "order.answered.v1",
    detail: choice,
    topics: ["inventory"],
    question,
  };
  return { ok: true, order: advance(answered, changes, happening, occasion) };
}

function withoutMissing(order: Order, attention: z.infer<typeof Attention>): Partial<Order> {
  const lines = linesInStock(order, attention);
  const dropped = order.lines.filter((line) => !lines.includes(line));
  return { lines, totalMinor: totalOf(lines), droppedLines: [...(order.droppedLines ?? []), ...dropped] };
}

/** The timeline shows the answer, and the cancellation that it led to. */
function cancelledBy(order: Order, answered: Partial<Order>, occasion: Occasion): Transition<AnswerRefusal> {
  const cancelled = cancelOrder({ ...order, ...answered }, "the customer's answer", occasion);
  return cancelled.ok ? cancelled : { ok: false, reason: "not-asked" };
}

/**
 * Of a question that is due and has not reached its customer yet, for whatever reason: the time for an answer begins anew.
 * An order does not end for a mail that was not delivered.
 */
export function postpone(
  order: Order,
  { at }: Occasion,
  times: AnswerTimes = DEFAULT_ANSWER_TIMES,
): Transition<"not-due"> {
  const { attention, dueAt } = order;
  if (attention === undefined || dueAt === undefined || at < dueAt) return { ok: false, reason: "not-due" };
  const { until, dueAt: nextDueAt } = deadlineFrom(at, times);
  const postponed = { attention: { ...attention, until }, dueAt: nextDueAt };
  return { ok: true, order: { ...order, ...postponed, version: order.version + 1, updatedAt: at } };
}

/** Of a question that is due: the reminder before the deadline, or at the deadline the end of the order. */
export function followUp(order: Order, occasion: Occasion): Transition<"not-due"> {
  const { attention, dueAt } = order;
  if (attention === undefined || dueAt === undefined || occasion.at < dueAt) {
    return { ok: false, reason: "not-due" };
  }
  if (occasion.at >= attention.until) {
    const cancelled = cancelOrder(order, UNANSWERED, occasion);
    return cancelled.ok ? cancelled : { ok: false, reason: "not-due" };
  }
  const happening: Happening = {
    event: "order.attention-reminder.v1",
    topics: ["notifications"],
    question: attention.question,
  };
  return { ok: true, order: advance(order, { dueAt: attention.until }, happening, occasion) };
}
