import { describe, expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { OrderView } from "#shared/contracts/resources.ts";
import { viewOf } from "#shared/use-cases/order-views.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { anOrder, noonPlus } from "../../builders/orders.ts";

const notice = (changes: Partial<Delivery>) => viewOf(anOrder(), [aDelivery(changes)]).notifications[0];

describe("what a shopper reads of an order", () => {
  test("is of the contract, whatever happened to its notices", () => {
    const states = ["pending", "sending", "delivered", "superseded", "parked"] as const;
    const deliveries = states.map((state) => aDelivery({ state, attempts: 2, nextAttemptAt: noonPlus(1) }));
    expect(OrderView.safeParse(viewOf(anOrder(), deliveries)).error).toBeUndefined();
  });

  test("names the notices in the order in which they came up", () => {
    const deliveries = [3, 1, 2].map((second) =>
      aDelivery({ createdAt: noonPlus(second * 1000), recipient: `v${second}` }),
    );
    const { notifications } = viewOf(anOrder(), deliveries);
    expect(notifications.map(({ recipient }) => recipient)).toEqual(["v1", "v2", "v3"]);
  });
});

describe("what a shopper reads of a notice", () => {
  test.each<readonly [string, Partial<Delivery>, string | undefined]>([
    ["that waits for its first attempt", { state: "pending" }, undefined],
    ["whose first attempt is under way", { state: "sending", attempts: 1 }, undefined],
    ["that failed once", { state: "pending", attempts: 1 }, "Delayed"],
    ["whose second attempt is under way", { state: "sending", attempts: 2 }, "Delayed"],
    ["that went out at last", { state: "delivered", attempts: 9 }, undefined],
    ["that an operator has to look at", { state: "parked", attempts: 9 }, "our staff have been told"],
    ["that became pointless", { state: "superseded" }, "the order was cancelled before"],
  ])("%s is no technical cause", (_what, changes, note) => {
    const view = notice({ ...changes, lastFailure: "connect ECONNREFUSED 10.0.0.7:443" });
    expect(view?.note ?? "nothing").toContain(note ?? "nothing");
    expect(JSON.stringify(view)).not.toContain("ECONNREFUSED");
  });

  test("names the next attempt only while there will be one", () => {
    const nextAttemptAt = noonPlus(60_000);
    expect(notice({ state: "pending", attempts: 1, nextAttemptAt })).toMatchObject({ nextAttemptAt });
    for (const state of ["sending", "parked", "superseded"] as const) {
      expect(notice({ state, attempts: 1, nextAttemptAt })).not.toHaveProperty("nextAttemptAt");
    }
  });
});
