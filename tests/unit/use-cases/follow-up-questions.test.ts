import { expect, test } from "vitest";
import { askCustomer } from "#shared/domain/question.ts";
import { followUpQuestions } from "#shared/use-cases/follow-up-questions.ts";
import { anOccasion, anOrder, moved, published } from "../../builders/orders.ts";
import { createMemoryApp } from "../../fakes/memory-app.ts";

const DAY = 86_400_000;

test("orders that cannot be moved keep no other, of this page or the next, from its deadline, and are told", async () => {
  const app = createMemoryApp();
  const count = 120;
  for (let number = 0; number < count; number++) {
    const at = new Date(app.system.now() + number).toISOString();
    app.orders.put(
      published(moved(askCustomer(published(anOrder()), { reason: "payment-declined" }, anOccasion({ at })))),
    );
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
