import { describe, expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { OrderView } from "#shared/contracts/resources.ts";
import { confirmOrder } from "#shared/domain/order.ts";
import { askCustomer } from "#shared/domain/question.ts";
import { markStopped } from "#shared/domain/stopped.ts";
import { viewOf } from "#shared/use-cases/order-views.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { anOccasion, anOrder, moved, noonPlus } from "../../builders/orders.ts";

const NO_TRIES: ReadonlyMap<string, number> = new Map();

const notice = (changes: Partial<Delivery>) =>
  viewOf(anOrder(), [aDelivery(changes)], NO_TRIES).notifications[0];

describe("what a shopper reads of an order", () => {
  test("is of the contract, whatever happened to its notices", () => {
    const states = ["pending", "held", "sending", "delivered", "superseded", "parked"] as const;
    const deliveries = states.map((state) => aDelivery({ state, attempts: 2, nextAttemptAt: noonPlus(1) }));
    expect(OrderView.safeParse(viewOf(anOrder(), deliveries, NO_TRIES)).error).toBeUndefined();
  });

  test("names the notices in the order in which they came up", () => {
    const deliveries = [3, 1, 2].map((second) =>
      aDelivery({ createdAt: noonPlus(second * 1000), recipient: `v${second}` }),
    );
    const { notifications } = viewOf(anOrder(), deliveries, NO_TRIES);
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
    ["that is held", { state: "held", heldBy: "mail:acs" }, "Delayed"],
    ["that an operator has to look at", { state: "parked", attempts: 9 }, "our staff have been told"],
    ["that became pointless", { state: "superseded" }, "Not sent: the order was cancelled before"],
    [
      "that became pointless and may have arrived",
      { state: "superseded", maybeDelivered: true },
      "Not tried again: the order was cancelled before",
    ],
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

test("a held notice says since when, and when its partner is tried next", () => {
  const held = aDelivery({ state: "held", heldBy: "mail:acs", heldSince: noonPlus(5) });
  const tries = new Map([["mail:acs", Date.parse(noonPlus(60_000))]]);
  const [view] = viewOf(anOrder(), [held], tries).notifications;
  expect(view).toMatchObject({ heldSince: noonPlus(5), nextAttemptAt: noonPlus(60_000) });
  const released = { ...held, nextAttemptAt: noonPlus(70_000) };
  expect(viewOf(anOrder(), [released], tries).notifications[0]).toMatchObject({
    nextAttemptAt: noonPlus(70_000),
  });
});

describe("attention", () => {
  const parked = aDelivery({ state: "parked", updatedAt: noonPlus(9) });
  const stopped = markStopped(anOrder(), "PaymentsRefused", noonPlus(3));

  test("shows a notice that was given up, until it is replayed", () => {
    expect(viewOf(anOrder(), [parked, aDelivery()], NO_TRIES).attention).toEqual({
      reason: "notice-not-delivered",
      since: noonPlus(9),
    });
    const replayed = { ...parked, state: "delivered" } as const;
    expect(viewOf(anOrder(), [replayed], NO_TRIES)).not.toHaveProperty("attention");
  });

  test("shows work on the order itself that was given up, until the order moves on", () => {
    expect(viewOf(stopped, [parked], NO_TRIES).attention).toEqual({
      reason: "preparation-stopped",
      since: noonPlus(3),
    });
    const confirmed = moved(confirmOrder(stopped, anOccasion()));
    expect(viewOf(confirmed, [], NO_TRIES)).not.toHaveProperty("attention");
  });

  test("shows what the customer is asked before anything else", () => {
    const asked = moved(askCustomer(anOrder(), { reason: "payment-declined" }, anOccasion()));
    expect(viewOf(asked, [parked], NO_TRIES).attention).toMatchObject({ reason: "payment-declined" });
  });
});
