import { beforeEach, describe, expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { attemptDelivery, type Attempt } from "#shared/use-cases/notify/attempt-delivery.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

let app: MemoryApp;
let asRead: Delivery;
beforeEach(async () => {
  app = createMemoryApp();
  asRead = aDelivery();
  await app.ledger.createIfAbsent(asRead);
});

type Tell = Attempt["tell"];
const CIRCUIT = "webhook:vendor-mill";
const prepared = (tell: Tell) => () => Promise.resolve({ circuit: CIRCUIT, tell });

/** An attempt of a process that read the delivery before anybody began. */
const attempt = (tell: Tell, hop = 1) =>
  attemptDelivery(app, asRead, { hop, firstEnqueuedAtMs: app.system.now() }, prepared(tell));
const now = () => app.ledger.all[0];

const refused: Tell = () => Promise.reject(new TransientFault("answered 503"));
/** The process dies after the recipient was told. */
const dies: Tell = () => new Promise(() => undefined);

async function begun(tell: Tell): Promise<void> {
  void attempt(tell);
  await new Promise(setImmediate);
}

describe("two attempts at the same time", () => {
  test("the one that is refused does not forget that the other one may have got through", async () => {
    await begun(dies);
    const asked: boolean[] = [];
    await attempt((repeated) => {
      asked.push(repeated);
      return refused(repeated);
    });
    expect(asked).toEqual([true]);
    expect(now()).toMatchObject({ state: "pending", maybeDelivered: true });
  });

  test("nor when it began first and is refused last", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    await begun(() => promise);
    await begun(dies);
    reject(new TransientFault("answered 503"));
    await new Promise(setImmediate);
    expect(now()).toMatchObject({ state: "pending", maybeDelivered: true });
  });

  test("the one that fails does not undo that the other one got through", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    await begun(() => promise);
    expect(await attempt(() => Promise.resolve())).toEqual({ kind: "done" });
    reject(new TransientFault("answered 503"));
    await new Promise(setImmediate);
    expect(now()?.state).toBe("delivered");
  });
});

describe("an attempt", () => {
  test.each(["delivered", "superseded"] as const)("is not made once the delivery is %s", async (state) => {
    await app.ledger.change(asRead, { state, updatedAt: asRead.updatedAt }, { state: ["pending"] });
    const tell = () => Promise.reject(new Error("told again"));
    expect(await attempt(tell)).toEqual({ kind: "done" });
    expect(now()?.state).toBe(state);
  });

  test("of a parked delivery is made when an operator sends its message again", async () => {
    await app.ledger.change(asRead, { state: "parked", updatedAt: asRead.updatedAt }, { state: ["pending"] });
    expect(await attempt(() => Promise.resolve())).toEqual({ kind: "done" });
    expect(now()).toMatchObject({ state: "delivered", attempts: 1 });
  });

  test("is counted before the recipient is told", async () => {
    await begun(dies);
    expect(now()).toMatchObject({ state: "sending", attempts: 1, hop: 1 });
  });

  test("long words of a failure fit into the ledger", async () => {
    await attempt(() => Promise.reject(new TransientFault("x".repeat(10_000))));
    expect(now()?.lastFailure).toHaveLength(500);
  });
});
