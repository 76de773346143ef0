import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { OrderReceipt } from "#shared/contracts/resources.ts";
import { readLedger } from "../../scripts/ledger-lines.ts";
import { expectAllDone, expectConfirmed, expectStockFor } from "./support/all-done.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import {
  effects,
  effectsOfCancelled,
  effectsOfConfirmed,
  faultsOfCancelled,
  setMode,
  vendorsOf,
} from "./support/partner-books.ts";
import { inCosmos } from "./support/stores.ts";
import { authorised, cancel, place202, type PlacedOrder, view } from "./support/storefront.ts";

const cloud = useCloud({ settings: () => Promise.resolve({ RETRY_BASE_MS: "100", RETRY_CAP_MS: "500" }) });

/** Everything that the partners should have seen so far, over all tests of this file. */
const expected: string[] = [];
/** The orders that still hold goods. */
const standing: PlacedOrder[] = [];

beforeEach(async () => {
  for (const partner of ["payments", "mail", "webhooks"] as const)
    await setMode(cloud().place, partner, { mode: "ok" });
});

const place = (key: string, number = 1): Promise<PlacedOrder> =>
  place202(cloud().place, "pancake-palace", key, number);
const confirmed = (order: PlacedOrder): Promise<void> =>
  eventually(() => expectConfirmed(cloud().place, [order]));
const effectsOf = async (order: PlacedOrder): Promise<string[]> =>
  (await effects(cloud().place)).filter((effect) => effect.startsWith(order.id));
const expectSettled = async (order: PlacedOrder, status: "cancelled" | "refunded"): Promise<void> => {
  await expectAllDone(cloud().place, [], { effects: expected });
  await expectStockFor(cloud().place, standing);
  expect((await view(cloud().place, order)).status).toBe(status);
};

/**
 * With payments down: an attempt that began before the cancellation may still be asking for money. Once the provider was
 * asked several times more, only attempts that know of the cancellation are left.
 */
async function everyEarlierAttemptEnded(order: PlacedOrder): Promise<void> {
  const calls = async (): Promise<number> => {
    const ledger = await readLedger(cloud().place.partners, "payments");
    return ledger.filter(({ orderId, key }) => orderId === order.id || key?.includes(order.id)).length;
  };
  const atCancellation = await calls();
  await eventually(async () => expect(await calls()).toBeGreaterThanOrEqual(atCancellation + 6));
}

test("an order cancelled before it was confirmed takes no money, and no vendor hears of it", async () => {
  await setMode(cloud().place, "payments", { mode: "down" });
  const order = await place("early");
  await eventually(async () => expect(await effectsOf(order)).toHaveLength(1));

  const answer = await cancel(cloud().place, order, "changed my mind");
  expect(answer.status).toBe(202);
  expect(answer.headers.get("location")).toBe(`/api/orders/${order.id}`);
  expect(await answer.json()).toEqual({
    id: order.id,
    status: "cancelled",
    statusUrl: `/api/orders/${order.id}`,
  });
  await everyEarlierAttemptEnded(order);
  await setMode(cloud().place, "payments", { mode: "ok" });

  const { email } = order.request.customer;
  expected.push(`${order.id} order-received to ${email}`, `${order.id} order-cancelled to ${email}`);
  await expectSettled(order, "cancelled");
  expect((await view(cloud().place, order)).timeline.at(-1)).toMatchObject({
    event: "order.cancelled.v1",
    detail: "changed my mind",
  });
});

test("a confirmed order is refunded once, its goods go back, and everybody who knew is told once", async () => {
  const order = await place("late", 3);
  await confirmed(order);
  expected.push(...effectsOfConfirmed(order));

  const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(cloud().place, order)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);

  expected.push(...effectsOfCancelled(order));
  await expectSettled(order, "refunded");

  const again = await cancel(cloud().place, order, "another reason");
  expect(again.status).toBe(202);
  expect(OrderReceipt.parse(await again.json()).status).toBe("refunded");
  await expectSettled(order, "refunded");
});

test("while payments are down the customer hears of the cancellation, and the money follows once", async () => {
  const order = await place("unpayable");
  await confirmed(order);
  await setMode(cloud().place, "payments", { mode: "down" });

  expect((await cancel(cloud().place, order)).status).toBe(202);
  await eventually(async () =>
    expect(await effectsOf(order)).toContain(`${order.id} order-cancelled to sam@example.com`),
  );
  expect(await effectsOf(order)).not.toContain(`${order.id} refund`);
  expect((await view(cloud().place, order)).status).toBe("cancelled");

  await setMode(cloud().place, "payments", { mode: "answer-lost", count: 1 });
  expected.push(...effectsOfConfirmed(order), ...effectsOfCancelled(order));
  await expectSettled(order, "refunded");
});

test("a vendor that could not be told of the order hears nothing of its cancellation either, the others hear both", async () => {
  await setMode(cloud().place, "webhooks", { mode: "down", only: ["vendor-knit"] });
  const order = await place("half-told", 3);
  const told = vendorsOf(order).filter((vendor) => vendor !== "vendor-knit");
  expect(told).toEqual(["vendor-mill", "vendor-dairy"]);
  const known = effectsOfConfirmed(order).filter((effect) => !effect.endsWith("vendor-knit"));
  await eventually(async () => expect(await effectsOf(order)).toHaveLength(known.length));

  expect((await cancel(cloud().place, order)).status).toBe(202);
  expected.push(...known, ...effectsOfCancelled(order, told));
  await expectAllDone(cloud().place, [], { effects: expected });
  await setMode(cloud().place, "webhooks", { mode: "ok" });
  await expectSettled(order, "refunded");

  const notices = (await view(cloud().place, order)).notifications;
  const knit = notices.filter(({ recipient }) => recipient === "vendor-knit");
  expect(knit.map(({ state }) => state)).toEqual(knit.map(() => "superseded"));
  expect(knit[0]).toMatchObject({ event: "order.confirmed.v1", note: expect.stringContaining("Not sent") });
});

test("cancelled at whatever moment of its preparation, an order leaves no goods held, no money kept and nobody misled", async () => {
  const at = cloud().place;
  const orders = await Promise.all(
    Array.from({ length: 24 }, async (_, number) => {
      const order = await place(`moment-${number}`, number);
      await pause(number * 8);
      expect((await cancel(at, order)).status).toBe(202);
      return order;
    }),
  );

  await eventually(async () => {
    const seen = await effects(at);
    expect(orders.flatMap((order) => faultsOfCancelled(order, seen))).toEqual([]);
  });
  for (const order of orders) expected.push(...(await effectsOf(order)));
  await expectAllDone(at, [], { effects: expected });
  await expectStockFor(at, standing);
});

test("nobody cancels another brand's order, an unknown one, or one that was handed over", async () => {
  const at = cloud().place;
  const order = await place("kept");
  await confirmed(order);
  standing.push(order);
  expected.push(...effectsOfConfirmed(order));

  const stranger = await cancel(at, { ...order, brand: "sock-drawer" });
  expect([stranger.status, await stranger.json()]).toMatchObject([404, { type: "/problems/not-found" }]);
  const unknown = await cancel(at, { brand: order.brand, id: "ord_00000000000000000000000000" });
  expect(unknown.status).toBe(404);

  await inCosmos(at, (client) =>
    client
      .database("expedite")
      .container("orders")
      .item(order.id, [order.brand, order.id])
      .patch([{ op: "set", path: "/status", value: "fulfilled" }]),
  );
  const late = await cancel(at, order);
  expect([late.status, await late.json()]).toMatchObject([409, { type: "/problems/handed-over" }]);
  expect((await view(at, order)).status).toBe("fulfilled");

  const listed = await fetch(`${at.functions}/api/orders?status=fulfilled`, {
    headers: authorised(at, order.brand),
  });
  expect(await listed.json()).toMatchObject({ orders: [{ id: order.id }] });
  await expectAllDone(at, [], { effects: expected });
  await expectStockFor(at, standing);
});
