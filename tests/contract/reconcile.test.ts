import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Delivery } from "#shared/contracts/delivery.ts";
import { Order } from "#shared/contracts/order.ts";
import { deliveryIdFor } from "#shared/domain/ids.ts";
import type { FindingKind } from "#shared/contracts/finding.ts";
import { tellOfDisabled } from "#shared/use-cases/notify/disable-endpoint.ts";
import { aVendor } from "../builders/directory.ts";
import { anOrderRequest } from "../builders/orders.ts";
import { damages, type Fates, without } from "./reconcile-damages.ts";
import { openShop, type World } from "./reconcile-world.ts";

let shop: World;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.stop());

const [mix, butter] = anOrderRequest().lines;

async function lifeGoesOn(): Promise<Fates> {
  const fates = {
    confirmed: await shop.place(),
    refunded: await shop.place(),
    declined: await shop.place({ payment: { token: "tok_declined" } }),
    short: await shop.place({ lines: [mix!, { ...butter!, quantity: 999 }] }),
    recarded: await shop.place({ payment: { token: "tok_declined" } }),
    partial: await shop.place({ lines: [mix!, { ...butter!, quantity: 999 }] }),
    sold: await shop.place(),
  };
  await shop.rest();
  await shop.cancel(fates.refunded);
  await shop.answer(fates.recarded, { choice: "new-card", token: "tok_visa" });
  await shop.answer(fates.partial, { choice: "partial" });
  await shop.handOver(fates.sold);
  await shop.rest();
  await shop.wait();
  return fates;
}

const STORED_BY = new Set(["id", "brandId", "orderId"]);

describe("the reconciler", () => {
  test("finds nothing when nobody has touched anything, whatever became of the orders", async () => {
    await lifeGoesOn();
    expect(await shop.reconcile()).toMatchObject({ findings: 0, repairs: 0 });
    expect(await shop.findings()).toEqual([]);
  });

  test("takes a vendor's mail about its own endpoint for no order's", async () => {
    const own = await openShop();
    onTestFinished(() => own.stop());
    const vendor = aVendor({ contact: "it@mill.example" });
    const since = new Date(own.now()).toISOString();
    await tellOfDisabled(own.app, { vendor, brandId: "pancake-palace" }, since);
    await own.wait();
    expect(await own.reconcile()).toMatchObject({ findings: 0 });
  });

  test.each(Object.entries(damages))("finds %s", async (_, damage) => {
    const fates = await lifeGoesOn();
    const container = shop.containers[damage.container];
    const before = await shop.look(container, damage.id(fates));
    if (damage.change === undefined) await shop.remove(container, before);
    else await shop.put(container, damage.change(before));
    await shop.reconcile();
    expect((await shop.findings()).map(({ kind }) => kind)).toContain(damage.kind);
    if (damage.heals === true) await shop.rest();
    else await shop.put(container, before);
    await shop.reconcile();
    expect(await shop.findings()).toEqual([]);
  });

  test.each([
    { what: "order", container: "orders", schema: Order, nameOf: (orderId: string) => orderId },
    {
      what: "notice",
      container: "deliveries",
      schema: Delivery,
      nameOf: (orderId: string) => deliveryIdFor(orderId, "order.confirmed.v1", "customer"),
    },
  ] as const)("finds every $what that lacks a member, whichever it is", async (record) => {
    const { container: name, schema, nameOf } = record;
    const own = await openShop();
    onTestFinished(() => own.stop());
    const container = own.containers[name];
    // Without the names by which it is stored it would be another record.
    const members = Object.entries(schema.shape)
      .filter(([member, type]) => !STORED_BY.has(member) && !type.safeParse(undefined).success)
      .map(([member]) => member);
    const broken = (await Promise.all(members.map(() => own.place()))).map(nameOf);
    await own.rest();
    await own.wait();
    for (const [position, member] of members.entries()) {
      await own.put(container, without(member)(await own.look(container, broken[position]!)));
    }
    await own.reconcile();
    const found = (await own.findings()).filter(({ kind }) => kind === "damaged");
    expect(members.length).toBeGreaterThan(8);
    expect(found.map(({ subject }) => subject).toSorted()).toEqual(broken.toSorted());
  });

  test("has a consumer do again what a lost message never told it", async () => {
    const cancelled = await shop.place();
    await shop.rest();
    await shop.cancel(cancelled);
    const placed = await shop.place();
    await shop.app.outbox.drain();
    expect(shop.app.bus.take("stock")).toHaveLength(2);
    await shop.rest();
    await shop.wait();
    await shop.reconcile();
    expect((await shop.findings()).map(({ kind }) => kind).toSorted()).toEqual(
      expect.arrayContaining(["charge-unreturned", "hold-unreturned", "order-stalled"]),
    );
    await shop.rest();
    await shop.wait();
    expect(await shop.reconcile()).toMatchObject({ findings: 0 });
    expect((await shop.read(placed)).status).toBe("confirmed");
    expect((await shop.read(cancelled)).status).toBe("refunded");
  });

  test.each<[string, string, FindingKind]>([
    [
      "a charge that the provider knows nothing of",
      "DELETE FROM booked_payments WHERE key = ?",
      "charge-missing",
    ],
    [
      "a charge of another amount",
      "UPDATE booked_payments SET amount_minor = 1 WHERE key = ?",
      "charge-altered",
    ],
    [
      "a charge for another order",
      "UPDATE booked_payments SET order_id = 'ord_x' WHERE key = ?",
      "order-missing",
    ],
    [
      "a charge that was voided",
      "UPDATE booked_payments SET state = 'voided' WHERE key = ?",
      "charge-missing",
    ],
  ])("finds %s", async (_, sql, kind) => {
    const own = await openShop();
    onTestFinished(() => own.stop());
    const id = await own.place();
    await own.rest();
    await own.wait();
    own.tamperWithPayments(sql, `pay_${id}_1`);
    await own.reconcile();
    expect((await own.findings()).map((finding) => finding.kind)).toContain(kind);
  });

  test.each<[string, keyof Fates, FindingKind]>([
    ["a cancelled order", "refunded", "charge-unreturned"],
    ["an earlier round", "recarded", "charge-altered"],
    ["an order that asks its customer", "declined", "charge-unreturned"],
  ])("returns money of %s that is still with the provider", async (_, fate, kind) => {
    const fates = await lifeGoesOn();
    const key = `pay_${fates[fate]}_1`;
    shop.tamperWithPayments("UPDATE booked_payments SET state = 'captured' WHERE key = ?", key);
    await shop.reconcile();
    expect(await shop.findings()).toMatchObject([{ kind, repairing: true }]);
    await shop.rest();
    expect(await shop.reconcile()).toMatchObject({ findings: 0 });
  });

  test("publishes an outbox that every sweep has missed", async () => {
    const { orders } = shop.containers;
    const id = await shop.place();
    await shop.app.outbox.drain();
    shop.app.bus.take("stock");
    shop.app.bus.take("customer-email");
    const owed = { topic: "inventory", type: "order.placed.v1", at: new Date(shop.now()).toISOString() };
    const waiting = {
      pendingSince: owed.at,
      outbox: { "v1-inventory": owed, "v1-notifications": { ...owed, topic: "notifications" } },
    };
    await shop.put(orders, { ...(await shop.look(orders, id)), ...waiting });
    await shop.wait();
    await shop.reconcile();
    expect((await shop.findings()).map(({ kind }) => kind)).toContain("outbox-stuck");
    await shop.rest();
    await shop.wait();
    expect(await shop.reconcile()).toMatchObject({ findings: 0 });
    expect((await shop.read(id)).status).toBe("confirmed");
  });

  test("holds nothing against a shop that is open: orders come, are cancelled and handled while it reads", async () => {
    const own = await openShop();
    onTestFinished(() => own.stop());
    const business = async (): Promise<void> => {
      for (let round = 0; round < 8; round++) {
        const ids = await Promise.all(Array.from({ length: 6 }, () => own.place()));
        await own.rest();
        await Promise.all(ids.slice(0, 3).map((id) => own.cancel(id)));
        await own.rest();
        await own.wait();
      }
    };
    const findings: number[] = [];
    const closing = new AbortController();
    const reading = async (): Promise<void> => {
      while (!closing.signal.aborted) findings.push((await own.reconcile()).findings);
    };
    const read = reading();
    await business();
    closing.abort();
    await read;
    expect(findings.length).toBeGreaterThan(3);
    expect(findings.filter((count) => count > 0)).toEqual([]);
  });
});
