import { beforeEach, describe, expect, test } from "vitest";
import { DeliveryDue, type OrderEvent, orderEvent } from "#shared/contracts/messages.ts";
import type { EventType, Order, OrderRef } from "#shared/contracts/order.ts";
import { operationIdFor } from "#shared/domain/ids.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Mailer } from "#shared/ports/mailer.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";
import { tellCustomer } from "#shared/use-cases/notify/tell-customer.ts";
import { anOrder, NOON, noonPlus, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const HOUR = 3_600_000;

let app: MemoryApp;
let order: Order;
beforeEach(() => {
  app = createMemoryApp();
  order = anOrder();
  app.orders.put(order);
});

/** One delivery of the message that the order was placed; `hop` counts the delayed copies. */
const tell = (hop = 1, deps: MemoryApp = app) =>
  tellCustomer(deps, eventOf(refOf(order)), {
    hop,
    firstEnqueuedAtMs: Date.parse(order.createdAt),
  });
const delivery = () => app.ledger.all[0];
const eventOf = ({ brandId, orderId }: OrderRef, type: EventType = "order.placed.v1"): OrderEvent => {
  const entry = { topic: "notifications", type, at: NOON } as const;
  return orderEvent(anOrder({ brandId, id: orderId }), "v1-notifications", entry);
};

/** A provider that does what a test says, and notes what it was asked. */
function scripted(
  answers: (Error | "crash" | undefined)[],
  outcome: "unknown" | "sent" | "failed" = "unknown",
) {
  const asked: string[] = [];
  const mailer: Mailer = {
    provider: "scripted",
    keepsOperations: true,
    async send() {
      asked.push("send");
      const answer = answers.shift();
      if (answer === "crash") await new Promise(() => undefined);
      if (answer instanceof Error) throw answer;
    },
    outcome(operationId) {
      asked.push(operationId === operationIdFor(delivery()?.id ?? "") ? "outcome" : "outcome of another");
      return Promise.resolve(outcome);
    },
  };
  return { asked, deps: { ...app, mailer: { ...app.mailer, ...mailer } } };
}
const refusal = new TransientFault("busy");
const lost = new TransientFault("no answer", { unknownOutcome: true });

/** The process dies while the provider is asked to send. */
async function dieWhileSending(deps: MemoryApp, hop = 1): Promise<void> {
  void tell(hop, deps);
  await new Promise(setImmediate);
  expect(delivery()?.state).toBe("sending");
}

describe("telling the customer", () => {
  test("sends the mail from the brand, to the customer, with marks that machines know it by", async () => {
    expect(await tell()).toEqual({ kind: "done" });
    const { id } = delivery()!;
    expect(app.mailer.inbox).toMatchObject([
      {
        operationId: operationIdFor(id),
        from: "orders@pancake-palace.example",
        to: { address: "sam@example.com", name: "Sam Field" },
        subject: "We have your order W-10042",
        headers: {
          "X-Expedite-Order": order.id,
          "X-Expedite-Template": "order-received",
          "X-Expedite-Delivery": id,
        },
      },
    ]);
    expect(delivery()).toMatchObject({ state: "delivered", attempts: 1, channel: "customer-email" });
  });

  test("ten redeliveries, one after the other, ask the provider once", async () => {
    const { asked, deps } = scripted([]);
    for (let time = 0; time < 10; time++) await tell(1, deps);
    expect(asked).toEqual(["send"]);
  });

  test("ten at the same time are one mail", async () => {
    await Promise.all(Array.from({ length: 10 }, () => tell()));
    expect(app.mailer.inbox).toHaveLength(1);
    expect(delivery()?.state).toBe("delivered");
  });

  test("each event is a mail of its own", async () => {
    await tell();
    await tellCustomer(app, eventOf(refOf(order), "order.confirmed.v1"), { hop: 1, firstEnqueuedAtMs: 0 });
    expect(app.mailer.inbox.map(({ headers }) => headers["X-Expedite-Template"])).toEqual([
      "order-received",
      "order-confirmed",
    ]);
  });

  test("waits for an order that is not visible yet", async () => {
    const unseen = { brandId: order.brandId, orderId: anOrder().id };
    const told = tellCustomer(app, eventOf(unseen), { hop: 1, firstEnqueuedAtMs: 0 });
    await expect(told).rejects.toMatchObject({ name: "TransientFault" });
    expect(app.ledger.all).toEqual([]);
  });
});

describe("when an attempt may have got through, the provider is asked before it is told again", () => {
  test.each([
    ["it had: nothing is sent again", "sent", ["send", "outcome"]],
    ["it had not", "unknown", ["send", "outcome", "send"]],
    ["it had failed there", "failed", ["send", "outcome", "send"]],
  ] as const)("after a crash, and %s", async (_what, outcome, expected) => {
    const { asked, deps } = scripted(["crash"], outcome);
    await dieWhileSending(deps);
    expect(await tell(1, deps)).toEqual({ kind: "done" });
    expect(asked).toEqual(expected);
    expect(delivery()?.state).toBe("delivered");
  });

  test("after a lost answer", async () => {
    const { asked, deps } = scripted([lost], "sent");
    expect(await tell(1, deps)).toMatchObject({ kind: "retry" });
    await tell(2, deps);
    expect(asked).toEqual(["send", "outcome"]);
  });

  test("also when a clear refusal came in between", async () => {
    for (const first of ["crash", lost] as const) {
      app = createMemoryApp();
      app.orders.put(order);
      const { asked, deps } = scripted([first, refusal]);
      if (first === "crash") await dieWhileSending(deps);
      else await tell(1, deps);
      await tell(2, deps);
      await tell(3, deps);
      expect(asked).toEqual(["send", "outcome", "send", "outcome", "send"]);
    }
  });

  test("but not after clear refusals only", async () => {
    const { asked, deps } = scripted([refusal, refusal]);
    for (const hop of [1, 2, 3]) await tell(hop, deps);
    expect(asked).toEqual(["send", "send", "send"]);
  });
});

describe("a provider that cannot be asked what became of a mail", () => {
  const unaskable = (answers: (Error | "crash" | undefined)[]) => {
    const { asked, deps } = scripted(answers);
    return { asked, deps: { ...deps, mailer: { ...deps.mailer, keepsOperations: false } } };
  };

  test("gets a mail without an answer twice more, then an operator decides, and has it sent once more by sending it again", async () => {
    const { asked, deps } = unaskable([lost, lost, lost, lost]);
    for (const hop of [1, 2, 3]) expect(await tell(hop, deps)).toMatchObject({ kind: "retry" });
    // Parked, and parked again after a crash.
    for (const hop of [4, 4]) expect(await tell(hop, deps)).toMatchObject({ reason: "OutcomeUnknown" });
    expect([asked.length, delivery()?.state, delivery()?.unknownOutcomes]).toEqual([3, "parked", 3]);
    expect(await tell(5, deps)).toMatchObject({ kind: "retry" });
    expect(await tell(6, deps)).toMatchObject({ kind: "park", reason: "OutcomeUnknown" });
    expect(asked).toEqual(Array.from({ length: 4 }, () => "send"));
  });

  test("counts a crash over the mail as one without an answer, and a clear refusal not at all", async () => {
    const { asked, deps } = unaskable(["crash", refusal, lost, lost]);
    await dieWhileSending(deps);
    for (const hop of [1, 2, 3]) expect(await tell(hop, deps)).toMatchObject({ kind: "retry" });
    expect(await tell(4, deps)).toMatchObject({ kind: "park", reason: "OutcomeUnknown" });
    expect(asked).toHaveLength(4);
  });
});

describe("a failure", () => {
  test("is in the ledger with its next attempt before the message is sent again", async () => {
    const { deps } = scripted([refusal]);
    app.system.chance = 0.5;
    const atMs = app.system.now() + 10_000;
    expect(await tell(1, deps)).toEqual({ kind: "retry", atMs });
    expect(delivery()).toMatchObject({
      state: "pending",
      attempts: 1,
      lastFailure: "busy",
      maybeDelivered: false,
      nextAttemptAt: new Date(atMs).toISOString(),
    });
  });

  test("whose message comes again is not a new attempt: the same decision is carried out again", async () => {
    const { asked, deps } = scripted([refusal]);
    const decided = await tell(1, deps);
    app.system.advance(5000);
    app.system.chance = 0.9;
    expect(await tell(1, deps)).toEqual(decided);
    expect(asked).toEqual(["send"]);
  });

  test("is forgotten once it went well", async () => {
    const { deps } = scripted([refusal]);
    await tell(1, deps);
    await tell(2, deps);
    expect(delivery()).toMatchObject({ state: "delivered", attempts: 2 });
    expect(delivery()).not.toHaveProperty("nextAttemptAt");
    expect(delivery()).not.toHaveProperty("lastFailure");
  });

  test.each([
    [
      "an address that the provider refuses",
      new PermanentFault("MailRefused", "no such address"),
      "MailRefused",
    ],
    ["a bug of ours, at the fifth attempt", new TypeError("x is not a function"), "Bug"],
  ])("%s is parked with its reason, here and in the ledger", async (_what, error, reason) => {
    const { deps } = scripted(Array.from({ length: 5000 }, () => error));
    let hop = 0;
    let outcome = await tell(++hop, deps);
    while (outcome.kind === "retry") {
      app.system.advance(Math.max(1, outcome.atMs - app.system.now()));
      outcome = await tell(++hop, deps);
    }
    expect(outcome).toMatchObject({ kind: "park", reason });
    expect(delivery()).toMatchObject({ state: "parked", lastFailure: error.message, attempts: hop });
    expect(app.system.now() - Date.parse(order.createdAt)).toBeLessThanOrEqual(24 * HOUR);
  });

  test("a day of failures is few calls, then a last one, and parked with its reason", async () => {
    const { asked, deps } = scripted(Array.from({ length: 5000 }, () => refusal));
    let outcome = await tell(1, deps);
    while (outcome.kind !== "park") {
      app.system.advance(outcome.kind === "done" ? 15_000 : Math.max(1, outcome.atMs - app.system.now()));
      if (outcome.kind !== "done") {
        outcome = await tell((delivery()?.hop ?? 0) + 1, deps);
        continue;
      }
      expect(delivery()).toMatchObject({ state: "held", heldBy: "mail:scripted" });
      await releaseHeld(deps);
      const [released] = app.bus.take("customer-email");
      if (released === undefined) continue;
      const age = {
        hop: Number(released.properties?.["x-hop"]),
        firstEnqueuedAtMs: Date.parse(order.createdAt),
      };
      outcome = await tellCustomer(deps, DeliveryDue.parse(released.body), age);
    }
    expect(outcome).toMatchObject({ kind: "park", reason: "BudgetExhausted", attempts: asked.length });
    expect(delivery()).toMatchObject({ state: "parked", lastFailure: "busy", attempts: asked.length });
    expect(asked.length).toBeLessThan(320);
    const tookMs = app.system.now() - Date.parse(order.createdAt);
    expect(tookMs).toBeGreaterThanOrEqual(24 * HOUR);
    expect(tookMs).toBeLessThan(24 * HOUR + 60_000);
  });

  test("a brand that is gone is parked, and the mail goes out when an operator sends the message again", async () => {
    const stranger = anOrder({ brandId: "gone" });
    app.orders.put(stranger);
    const again = (hop: number) =>
      tellCustomer(app, eventOf(refOf(stranger)), {
        hop,
        firstEnqueuedAtMs: Date.parse(noonPlus(0)),
      });
    expect(await again(1)).toMatchObject({ kind: "park", reason: "UnknownBrand" });
    app.directory.add({
      brands: [{ id: "gone", name: "Back", mailFrom: "back@brand.example", vendorIds: [] }],
    });
    expect(await again(1)).toEqual({ kind: "done" });
    expect(app.mailer.inbox).toHaveLength(1);
  });
});
