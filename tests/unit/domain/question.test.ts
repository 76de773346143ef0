import { describe, expect, test } from "vitest";
import type { Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { answerQuestion, askCustomer, choicesFor, followUp } from "#shared/domain/question.ts";
import { anOccasion, anOrder, moved, noonPlus } from "../../builders/orders.ts";

const HOUR = 3_600_000;
const later = anOccasion({ at: noonPlus(HOUR) });

const declined = (): Order => moved(askCustomer(anOrder(), { reason: "payment-declined" }, anOccasion()));
const short = (...skus: string[]): Order =>
  moved(askCustomer(anOrder(), { reason: "out-of-stock", skus }, anOccasion()));

describe("a question", () => {
  test("waits three days, with a reminder a day before the end", () => {
    const order = declined();
    expect(order.attention).toMatchObject({ question: 1, until: noonPlus(72 * HOUR) });
    expect(order.dueAt).toBe(noonPlus(48 * HOUR));
    expect(followUp(order, { at: noonPlus(48 * HOUR - 1) })).toEqual({ ok: false, reason: "not-due" });

    const reminded = moved(followUp(order, { at: noonPlus(48 * HOUR) }));
    expect(reminded).toMatchObject({ status: "needs-attention", dueAt: noonPlus(72 * HOUR) });
    expect(reminded.outbox["v3-notifications"]).toMatchObject({
      type: "order.attention-reminder.v1",
      question: 1,
    });
    expect(followUp(reminded, { at: noonPlus(72 * HOUR - 1) })).toEqual({ ok: false, reason: "not-due" });

    const ended = moved(followUp(reminded, { at: noonPlus(72 * HOUR) }));
    expect(ended.status).toBe("cancelled");
    expect(ended.timeline.at(-1)).toMatchObject({ event: "order.cancelled.v1", detail: "unanswered" });
  });

  test("whose time ran out before anybody looked is not reminded of any more", () => {
    expect(moved(followUp(declined(), { at: noonPlus(80 * HOUR) })).status).toBe("cancelled");
  });

  test("with no time for a reminder gets none", () => {
    const times = { withinMs: HOUR, remindBeforeMs: HOUR };
    const order = moved(askCustomer(anOrder(), { reason: "payment-declined" }, anOccasion(), times));
    expect(order.dueAt).toBe(order.attention?.until);
  });

  test("offers what makes sense", () => {
    expect(choicesFor(declined())).toEqual(["new-card", "cancel"]);
    expect(choicesFor(short("BUTTER"))).toEqual(["partial", "try-again", "new-card", "cancel"]);
    expect(choicesFor(short("BUTTER", "PANCAKE-MIX"))).toEqual(["try-again", "new-card", "cancel"]);
    expect(choicesFor(anOrder())).toEqual([]);
  });
});

describe("an answer", () => {
  test("with a new card pays under a new name, which is stored before anybody is called", () => {
    const order = moved(answerQuestion(declined(), 1, { choice: "new-card", token: "tok_2" }, later));
    expect(order).toMatchObject({
      status: "accepted",
      payment: { key: `pay_${order.id}_2`, token: "tok_2", state: "due" },
      stock: { reservationId: `rsv_${order.id}_2`, state: "due" },
    });
    expect(order).not.toHaveProperty("attention");
    expect(order).not.toHaveProperty("dueAt");
    expect(Object.keys(order.outbox).filter((entry) => entry.startsWith("v3"))).toEqual(["v3-inventory"]);
  });

  test("without the missing goods keeps the other lines, costs less, and remembers what was left out", () => {
    const order = moved(answerQuestion(short("BUTTER"), 1, { choice: "partial" }, later));
    expect(order.lines.map(({ sku }) => sku)).toEqual(["PANCAKE-MIX"]);
    expect(order.droppedLines?.map(({ sku }) => sku)).toEqual(["BUTTER"]);
    expect(order.totalMinor).toBe(2500);
  });

  test("to cancel cancels, and the order remembers whose answer it was", () => {
    const order = moved(answerQuestion(short("BUTTER"), 1, { choice: "cancel" }, later));
    expect(order).toMatchObject({ status: "cancelled", answers: [{ question: 1, choice: "cancel" }] });
    expect(order.timeline.at(-1)).toMatchObject({ detail: "the customer's answer" });
  });

  test("may lead to another question, and each has links and answers of its own", () => {
    const again = moved(answerQuestion(short("BUTTER"), 1, { choice: "try-again" }, later));
    const second = moved(askCustomer(again, { reason: "payment-declined" }, later));
    expect(second.attention?.question).toBe(2);
    expect(answerQuestion(second, 1, { choice: "try-again" }, later)).toMatchObject({
      reason: "already-answered",
    });
    const third = moved(answerQuestion(second, 2, { choice: "new-card", token: "tok_3" }, later));
    expect(third.payment).toMatchObject({ key: `pay_${third.id}_3`, token: "tok_3" });
  });

  test("given again is known; another one is refused, and so is one that was not on offer", () => {
    const order = moved(answerQuestion(declined(), 1, { choice: "new-card", token: "tok_2" }, later));
    const again = (token: string) => answerQuestion(order, 1, { choice: "new-card", token }, later);
    expect(again("tok_2")).toEqual({ ok: false, reason: "already-answered" });
    expect(again("tok_3")).toEqual({ ok: false, reason: "answered-otherwise" });
    expect(answerQuestion(order, 1, { choice: "cancel" }, later)).toEqual({
      ok: false,
      reason: "answered-otherwise",
    });
    expect(answerQuestion(declined(), 1, { choice: "partial" }, later)).toEqual({
      ok: false,
      reason: "not-offered",
    });
  });

  test("comes too late at the deadline, after a cancellation, and where nothing was asked", () => {
    const atTheEnd = anOccasion({ at: noonPlus(72 * HOUR) });
    const card = { choice: "new-card", token: "tok_2" } as const;
    expect(answerQuestion(declined(), 1, card, atTheEnd)).toEqual({ ok: false, reason: "too-late" });
    const cancelled = moved(cancelOrder(declined(), undefined, anOccasion()));
    for (const order of [cancelled, anOrder(), moved(confirmOrder(anOrder(), anOccasion()))]) {
      expect(answerQuestion(order, 1, card, later)).toEqual({ ok: false, reason: "not-asked" });
    }
    expect(answerQuestion(declined(), 2, card, later)).toEqual({ ok: false, reason: "not-asked" });
  });
});
