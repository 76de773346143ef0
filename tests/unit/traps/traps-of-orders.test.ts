import { expect, test, vi } from "vitest";
import { OrderEvent } from "#shared/contracts/messages.ts";
import { cancelOrder, confirmOrder, placeOrder } from "#shared/domain/order.ts";
import { answerQuestion, askCustomer, followUp } from "#shared/domain/question.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { anOccasion, anOrder, anOrderRequest, moved, noonPlus, refOf } from "../../builders/orders.ts";
import { createMemoryApp, KEYS } from "../../fakes/memory-app.ts";
import { call, deliver, useApp } from "../bindings/the-functions.ts";
import { MortalWorld } from "../prove/mortal-world.ts";

/** Mistakes that were found in shops that many people use, one test each: none of them may ever be ours. */

const HOUR = 3_600_000;

const headers = {
  authorization: `Bearer ${KEYS.storefront}`,
  "content-type": "application/json",
  "idempotency-key": "checkout-1",
};
const post = async () => await call("post-order", { headers, body: JSON.stringify(anOrderRequest()) });
const moneyOf = (world: MortalWorld): string[] => world.stores.payments.effects.map(({ step }) => step);

/** An app whose order store fails once, at the write. */
function failingOnce() {
  const app = createMemoryApp();
  let failures = 1;
  const create: typeof app.orders.create = async (order) => {
    if (failures-- > 0) throw new TransientFault("Cosmos DB answered 503");
    return await app.orders.create(order);
  };
  return useApp({ ...app, orders: Object.assign(Object.create(app.orders), { create }) });
}

test("trap: a failed attempt leaves its key behind as used. The next attempt places the order, and is no replay", async () => {
  failingOnce();
  expect((await post()).status).toBe(503);
  const { status, headers: answered } = await post();
  expect([status, answered.get("idempotency-replayed")]).toEqual([202, null]);
});

test("trap: 200 OK although the command failed. A post that could not be stored is told so", async () => {
  const app = failingOnce();
  expect((await post()).status).toBeGreaterThanOrEqual(500);
  expect(app.orders.all).toEqual([]);
});

test("trap: an order is cancelled because a message could not be published. It waits, paid or not, for as long as it takes", async () => {
  const world = new MortalWorld();
  world.stores.bus.breakDown("inventory", "notifications");
  await world.place(anOrderRequest());
  for (let hour = 0; hour < 30; hour++) {
    world.stores.system.advance(HOUR);
    await world.aMinute().catch(() => undefined);
  }
  expect(world.stores.orders.all[0]?.status).toBe("accepted");
  world.stores.bus.mend();
  await world.rest();
  expect(world.stores.orders.all[0]?.status).toBe("confirmed");
});

test("trap: a refund that fails is logged and dropped. It is tried again until the money is back, and then never again", async () => {
  const world = new MortalWorld();
  const id = await world.place(anOrderRequest());
  await world.rest();
  for (let failures = 0; failures < 8; failures++) world.stores.payments.trouble("down");
  await world.cancel(id);
  await world.rest();
  expect(moneyOf(world)).toEqual(["authorise", "capture", "refund"]);
  await world.cancel(id);
  await world.rest();
  expect(moneyOf(world)).toEqual(["authorise", "capture", "refund"]);
});

test("trap: giving back a first attempt refunds the second. A late message about the declined card leaves the new card's money", async () => {
  const world = new MortalWorld();
  await world.place(anOrderRequest({ payment: { token: "tok_declined" } }));
  await world.rest();
  await world.answer({ choice: "new-card", token: "tok_visa" });
  await world.rest();
  for (const message of world.stores.bus.arrived.filter(({ target }) => target === "inventory")) {
    await deliver("stock", message, 2);
  }
  await world.rest();
  expect(world.stores.orders.all[0]?.status).toBe("confirmed");
  expect(moneyOf(world)).toEqual(["authorise", "capture"]);
});

test("trap: a notice is claimed, the process dies, and nobody sends it. Whoever finds the claim asks and sends", async () => {
  const world = new MortalWorld();
  await world.place(anOrderRequest());
  await world.rest();
  const { calls } = world;
  for (let number = 0; number < calls; number++) {
    const mortal = new MortalWorld([{ call: number, phase: "after" }]);
    await mortal.place(anOrderRequest());
    await mortal.rest();
    expect([number, mortal.stores.mailer.inbox.length]).toEqual([number, 3]);
    expect(mortal.stores.ledger.all.filter(({ state }) => state !== "delivered")).toEqual([]);
  }
});

test("trap: a fixed sleep instead of an order of events. A message that is faster than its order comes again later", async () => {
  const app = useApp(createMemoryApp());
  const order = anOrder();
  app.orders.put(order);
  app.outbox.publishSoon(order);
  await app.outbox.drain();
  const [message] = app.bus.take("stock");
  const invisible = {
    ...app,
    orders: Object.assign(Object.create(app.orders), { get: async () => undefined }),
  };
  useApp(invisible);
  const startedAtMs = performance.now();
  await deliver("stock", message!);
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);

  useApp(app);
  app.system.advance(HOUR);
  const [copy] = app.bus.take("stock");
  await deliver("stock", copy!);
  expect((await app.orders.get(refOf(order)))?.status).toBe("confirmed");
});

test("trap: stock is checked line by line. Two lines of one article that only fit one by one hold nothing", async () => {
  const app = createMemoryApp();
  app.stock.setAvailable("PANCAKE-MIX", 3);
  const [line] = anOrderRequest().lines;
  const request = anOrderRequest({ lines: [line!, line!] });
  const order = placeOrder("pancake-palace", "two-lines", request, anOccasion());
  app.orders.put(order);
  await prepareOrder(app, refOf(order), { occasion: anOccasion(), repeated: false });
  expect((await app.orders.get(refOf(order)))?.status).toBe("needs-attention");
  expect(app.stock.available("PANCAKE-MIX")).toBe(3);
});

test("trap: stock is checked first and taken later. Of many orders at once, only as many hold goods as there are", async () => {
  const app = createMemoryApp();
  app.stock.setAvailable("PANCAKE-MIX", 5);
  const [line] = anOrderRequest().lines;
  const orders = Array.from({ length: 10 }, (_, number) =>
    placeOrder("pancake-palace", `flash-${number}`, anOrderRequest({ lines: [line!] }), anOccasion()),
  );
  for (const order of orders) app.orders.put(order);
  const attempt = { occasion: anOccasion(), repeated: false };
  await Promise.all(orders.map((order) => prepareOrder(app, refOf(order), attempt)));
  const confirmed = app.orders.all.filter(({ status }) => status === "confirmed");
  expect([confirmed.length, app.stock.available("PANCAKE-MIX")]).toEqual([2, 1]);
});

test("trap: money is given up within minutes. A payment provider that is away for 20 hours still gets its order", async () => {
  expect(budgetsMs.order).toBeGreaterThan(20 * HOUR);
  const world = new MortalWorld();
  const { stores } = world;
  const away = [vi.spyOn(stores.payments, "find"), vi.spyOn(stores.payments, "authorise")];
  for (const spy of away) spy.mockRejectedValue(new TransientFault("The payment provider answered 503"));
  const until = stores.system.now() + 20 * HOUR;
  await world.place(anOrderRequest());
  while (stores.system.now() < until) await world.aMinute();
  expect(stores.orders.all[0]?.status).toBe("accepted");
  for (const spy of away) spy.mockRestore();
  await world.rest();
  expect(stores.orders.all[0]?.status).toBe("confirmed");
  expect(moneyOf(world)).toEqual(["authorise", "capture"]);
});

test("trap: goods stay held when the payment failed. A declined card gives them back", async () => {
  const world = new MortalWorld();
  const before = world.stores.stock.available("PANCAKE-MIX");
  await world.place(anOrderRequest({ payment: { token: "tok_declined" } }));
  await world.rest();
  expect(world.stores.orders.all[0]?.status).toBe("needs-attention");
  expect(world.stores.stock.available("PANCAKE-MIX")).toBe(before);
});

test("trap: one of several ways to cancel tells nobody. Each of them tells stock, payment and everybody who was told", () => {
  const accepted = anOrder();
  const declined = moved(askCustomer(accepted, { reason: "payment-declined" }, anOccasion()));
  const short = moved(askCustomer(accepted, { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
  const answered = moved(
    answerQuestion(declined, 1, { choice: "new-card", token: "tok_visa" }, anOccasion()),
  );
  const confirmed = moved(confirmOrder(accepted, anOccasion()));
  const late = anOccasion({ at: noonPlus(4 * 24 * HOUR) });
  const cancelled = [
    ...[accepted, declined, short, answered, confirmed].map((order) =>
      moved(cancelOrder(order, undefined, anOccasion())),
    ),
    ...[declined, short].map((order) => moved(answerQuestion(order, 1, { choice: "cancel" }, anOccasion()))),
    ...[declined, short].map((order) => moved(followUp(order, late))),
  ];
  for (const { outbox, version, status } of cancelled) {
    const told = Object.entries(outbox).filter(([name]) => name.startsWith(`v${version}-`));
    expect([status, ...told.map(([, { topic, type }]) => [topic, type])]).toEqual([
      "cancelled",
      ["inventory", "order.cancelled.v1"],
      ["notifications", "order.cancelled.v1"],
    ]);
  }
});

test("trap: a late event overwrites a newer state. Every message of a refunded order, again, leaves it byte for byte", async () => {
  const world = new MortalWorld();
  const id = await world.place(anOrderRequest());
  await world.rest();
  await world.cancel(id);
  await world.rest();
  const before = JSON.stringify(world.stores.orders.all);
  const money = moneyOf(world);
  const late = world.stores.bus.arrived.filter(({ subject }) => subject !== "delivery.due.v1");
  for (const message of late.toReversed()) {
    OrderEvent.parse(message.body);
    await deliver(message.target === "inventory" ? "stock" : "customer-email", message, 2);
    if (message.target === "notifications") await deliver("vendor-notices", message, 2);
  }
  await world.rest();
  expect(JSON.stringify(world.stores.orders.all)).toBe(before);
  expect(moneyOf(world)).toEqual(money);
});

test("trap: who does not answer for a while is unsubscribed in silence. A vendor that was away for two days gets its notice", async () => {
  const world = new MortalWorld();
  const { stores } = world;
  const vendor = await stores.directory.vendor("vendor-mill");
  const away = vi.spyOn(stores.webhooks, "post").mockRejectedValue(new TransientFault("Answered 503"));
  const until = stores.system.now() + 48 * HOUR;
  await world.place(anOrderRequest());
  while (stores.system.now() < until) await world.aMinute();
  away.mockRestore();
  expect(await stores.directory.vendor("vendor-mill")).toEqual(vendor);
  await world.rest();
  expect(stores.ledger.all.find(({ channel }) => channel === "vendor-webhook")?.state).toBe("delivered");
});
