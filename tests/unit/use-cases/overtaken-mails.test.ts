import { beforeEach, expect, test } from "vitest";
import { deliveryDue, orderEvent } from "#shared/contracts/messages.ts";
import type { Delivery } from "#shared/contracts/delivery.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { answerQuestion, askCustomer } from "#shared/domain/question.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";
import { tellCustomer } from "#shared/use-cases/notify/tell-customer.ts";
import { anOccasion, anOrder, moved, NOON, noonPlus, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const MINUTE = 60_000;
const KEY = "mail:memory";

let app: MemoryApp;
beforeEach(() => {
  app = createMemoryApp();
});

const accepted = anOrder();
const asked = moved(askCustomer(accepted, { reason: "payment-declined" }, anOccasion()));
const answered = moved(
  answerQuestion(asked, 1, { choice: "new-card", token: "tok_visa" }, anOccasion({ at: noonPlus(MINUTE) })),
);
const confirmed = moved(confirmOrder(accepted, anOccasion()));
const cancelled = moved(cancelOrder(confirmed, undefined, anOccasion()));

const delivery = (): Delivery => {
  const [only, ...more] = app.ledger.all;
  if (only === undefined || more.length > 0) throw new Error(`${app.ledger.all.length} deliveries`);
  return only;
};

/** The message of the event, handled for the first time or as a later copy. */
function tell(event: EventType, hop = 1, deps: MemoryApp = app) {
  const question = event === "order.attention-needed.v1" ? { question: 1 } : {};
  const entry = { topic: "notifications", type: event, at: NOON, ...question } as const;
  const age = { hop, firstEnqueuedAtMs: Date.parse(NOON) };
  return tellCustomer(deps, orderEvent(accepted, "v2-notifications", entry), age);
}

/** The provider was down, so the mail is held; an attempt before that may have arrived. */
async function heldAfterALostAnswer(event: EventType): Promise<void> {
  app.mailer.trouble("answer-lost");
  expect(await tell(event)).toMatchObject({ kind: "retry" });
  for (let failure = 0; failure < 10; failure++)
    await app.breaker.failed(KEY, { kind: "transient", description: "down" }, { probe: false });
  expect(await tell(event, 2)).toEqual({ kind: "done" });
  expect(delivery()).toMatchObject({ state: "held", maybeDelivered: true });
}

/** What the release sends, as `customer-email` handles it. */
async function releaseAndTell(): Promise<number> {
  const released = await releaseHeld(app);
  for (const { properties } of app.bus.take("customer-email")) {
    const age = { hop: Number(properties?.["x-hop"]), firstEnqueuedAtMs: Date.parse(NOON) };
    await tellCustomer(app, deliveryDue(refOf(accepted), delivery().id, NOON, undefined), age);
  }
  return released;
}

const put = (order: Order): void => app.orders.put(order);

test.each([
  ["a question that was settled meanwhile", "order.attention-needed.v1", asked, answered],
  ["the confirmation of an order that was cancelled meanwhile", "order.confirmed.v1", confirmed, cancelled],
] as const)(
  "%s is not asked again, even where it may have arrived, and is waited for no longer",
  async (_what, event, before, after) => {
    put(before);
    await heldAfterALostAnswer(event);
    const arrived = app.mailer.inbox.length;
    put(after);
    app.system.advance(5 * MINUTE);
    expect(await releaseAndTell()).toBe(1);
    expect(delivery().state).toBe("superseded");
    expect(await app.ledger.countHeld(KEY)).toBe(0);
    app.system.advance(5 * MINUTE);
    expect(await releaseAndTell()).toBe(0);
    expect(app.mailer.inbox).toHaveLength(arrived);
  },
);

test("a confirmation that never went out is taken back when the order is cancelled; the first mail is not", async () => {
  put(cancelled);
  await tell("order.confirmed.v1");
  expect(delivery()).toMatchObject({ state: "superseded", attempts: 0 });
  await tell("order.placed.v1");
  expect(app.mailer.inbox.map(({ headers }) => headers["X-Expedite-Template"])).toEqual(["order-received"]);
});

/** A provider that answers when the test says so. */
function slowly(): { readonly deps: MemoryApp; readonly answer: PromiseWithResolvers<void> } {
  const answer = Promise.withResolvers<void>();
  return { answer, deps: { ...app, mailer: { ...app.mailer, send: () => answer.promise } } };
}

test("an attempt that a crash ended is not left under way for ever when its question is settled", async () => {
  put(asked);
  void tell("order.attention-needed.v1", 1, slowly().deps);
  await new Promise(setImmediate);
  expect(delivery().state).toBe("sending");
  put(answered);
  expect(await tell("order.attention-needed.v1")).toEqual({ kind: "done" });
  expect(delivery().state).toBe("superseded");
});

test.each([
  ["went well, is recorded as told", undefined, "delivered"],
  ["failed, is not tried again", new TransientFault("down"), "superseded"],
])("an attempt that was under way all the same, and %s", async (_, failure, state) => {
  put(asked);
  const { deps, answer } = slowly();
  const first = tell("order.attention-needed.v1", 1, deps);
  await new Promise(setImmediate);
  put(answered);
  await tell("order.attention-needed.v1");
  if (failure === undefined) answer.resolve();
  else answer.reject(failure);
  expect(await first).toEqual({ kind: "done" });
  expect(delivery().state).toBe(state);
});
