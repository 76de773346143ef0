import { afterAll, beforeAll, expect, test } from "vitest";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
import { anOrder, noonPlus } from "../builders/orders.ts";
import { createMemoryOrders } from "../fakes/memory-orders.ts";
import { type CosmosWorld, openCosmos } from "./cosmos-world.ts";
import { testOrderStore } from "./order-store.contract.ts";

testOrderStore("in memory", () =>
  Promise.resolve({ orders: createMemoryOrders(), stop: () => Promise.resolve() }),
);

let cosmos: CosmosWorld;
beforeAll(async () => {
  cosmos = await openCosmos();
});
afterAll(() => cosmos.stop());

testOrderStore("Cosmos DB", async () => {
  const containers = await cosmos.newContainers();
  return { orders: createCosmosOrders(containers.orders), stop: () => Promise.resolve() };
});

test("Cosmos DB: a waiting order that cannot be read any more is named, and keeps none of its neighbours back", async () => {
  const containers = await cosmos.newContainers();
  const orders = createCosmosOrders(containers.orders);
  const waiting = [0, 1, 2].map((position) => anOrder({ pendingSince: noonPlus(position) }));
  for (const order of waiting) await orders.create(order);
  await containers.orders.items.upsert({ ...waiting[0], totalMinor: "much" });

  const found = await orders.pending({ before: noonPlus(60_000) }, 10);

  expect(found.unreadable).toEqual([waiting[0]?.id]);
  expect(found.orders.map(({ id }) => id)).toEqual(waiting.slice(1).map(({ id }) => id));
});
