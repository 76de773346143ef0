import { expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import { askCustomer } from "#shared/domain/question.ts";
import { followUpQuestions } from "#shared/use-cases/follow-up-questions.ts";
import { newDelivery } from "#shared/use-cases/notify/new-delivery.ts";
import { readQuestion } from "#shared/use-cases/read-question.ts";
import { anOccasion, anOrder, moved, NOON, noonPlus, published, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const anAskedOrder = (at = NOON): Order =>
  published(moved(askCustomer(published(anOrder()), { reason: "payment-declined" }, anOccasion({ at }))));

/** The mail that asks, as far as it has come. */
async function mail({ ledger }: MemoryApp, order: Order, changes: Partial<Delivery>): Promise<void> {
  const about = { event: "order.attention-needed.v1", question: 1 } as const;
  const notice = { ...about, channel: "customer-email", recipient: "customer" } as const;
  const { delivery } = await ledger.createIfAbsent(newDelivery(refOf(order), notice, NOON));
  await ledger.change(delivery, { ...changes, updatedAt: NOON }, { state: [delivery.state] });
}

test("orders that cannot be moved keep no other, of this page or the next, from its deadline, and are told", async () => {
  const app = createMemoryApp();
  const count = 120;
  for (let number = 0; number < count; number++) {
    const order = anAskedOrder(noonPlus(number));
    app.orders.put(order);
    await mail(app, order, { state: "delivered" });
  }
  const stuck = new Set(app.orders.all.slice(1, 101).map(({ id }) => id));
  const orders = {
    ...app.orders,
    transition: (...[previous, next]: Parameters<typeof app.orders.transition>) =>
      stuck.has(previous.id) ? Promise.reject(new Error("stuck")) : app.orders.transition(previous, next),
  };
  app.system.advance(4 * DAY);
  await expect(followUpQuestions({ ...app, orders }, app.system.now())).rejects.toThrow("stuck");
  expect(app.orders.all.filter(({ status }) => status === "cancelled")).toHaveLength(count - stuck.size);
});

test.each<readonly [string, Partial<Delivery> | undefined]>([
  ["was never planned", undefined],
  ["waits for its provider", { state: "held", heldBy: "mail:acs" }],
  ["is tried again and again", { state: "pending", maybeDelivered: true }],
  ["was given up", { state: "parked" }],
])(
  "an order does not end for a question whose mail %s: the time for an answer begins anew",
  async (_what, state) => {
    const app = createMemoryApp();
    const order = anAskedOrder();
    app.orders.put(order);
    if (state !== undefined) await mail(app, order, state);
    app.system.advance(4 * DAY);
    expect(await followUpQuestions(app, app.system.now())).toEqual({ moved: 1 });
    expect(await followUpQuestions(app, app.system.now())).toEqual({ moved: 0 });
    const [waiting] = app.orders.all;
    expect(waiting).toMatchObject({
      status: "needs-attention",
      attention: { question: 1, since: NOON, until: noonPlus(7 * DAY) },
      dueAt: noonPlus(6 * DAY),
      outbox: {},
    });
    expect(waiting?.timeline).toEqual(order.timeline);
    // The link in a mail that went out just before is as good as one that is made now.
    const name = { ...refOf(order), question: 1, expiresAtMs: Date.parse(noonPlus(3 * DAY)) };
    expect((await readQuestion(app, name, app.system.now()))?.view.state).toBe("open");
  },
);

test("once the question has reached its customer, it is repeated and ends as ever", async () => {
  const app = createMemoryApp();
  const order = anAskedOrder();
  app.orders.put(order);
  app.system.advance(2 * DAY);
  await followUpQuestions(app, app.system.now());
  await mail(app, order, { state: "delivered" });
  app.system.advance(2 * DAY);
  await followUpQuestions(app, app.system.now());
  expect(app.orders.all[0]?.timeline.at(-1)).toMatchObject({ event: "order.attention-reminder.v1" });
  app.system.advance(DAY);
  await followUpQuestions(app, app.system.now());
  expect(app.orders.all[0]).toMatchObject({ status: "cancelled" });
});
