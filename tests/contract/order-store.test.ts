import { afterAll, beforeAll } from "vitest";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
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
