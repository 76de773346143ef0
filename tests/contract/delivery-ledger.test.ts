import { expect, onTestFinished, test } from "vitest";
import { createCosmosDeliveries } from "#shared/adapters/cosmos/cosmos-deliveries.ts";
import { aDelivery } from "../builders/deliveries.ts";
import { NOON, noonPlus } from "../builders/orders.ts";
import { createMemoryDeliveries } from "../fakes/memory-deliveries.ts";
import { openCosmos } from "./cosmos-world.ts";
import { testDeliveryLedger } from "./delivery-ledger.contract.ts";

testDeliveryLedger("in memory", () =>
  Promise.resolve({ ledger: createMemoryDeliveries(), stop: () => Promise.resolve() }),
);

testDeliveryLedger("Cosmos DB", async () => {
  const cosmos = await openCosmos();
  const { deliveries } = await cosmos.newContainers();
  return { ledger: createCosmosDeliveries(deliveries), stop: () => cosmos.stop() };
});

test("Cosmos DB: a held delivery that cannot be read any more keeps none of its neighbours back", async () => {
  const cosmos = await openCosmos();
  onTestFinished(() => cosmos.stop());
  const { deliveries } = await cosmos.newContainers();
  const ledger = createCosmosDeliveries(deliveries);
  const held = [0, 1, 2].map((position) =>
    aDelivery({ state: "held", heldBy: "mail:acs", heldSince: NOON, createdAt: noonPlus(position) }),
  );
  for (const delivery of held) await ledger.createIfAbsent(delivery);
  await deliveries.items.upsert({ ...held[0], attempts: "many" });
  expect(await ledger.ofOrder(held[0]?.orderId ?? "")).toEqual([]);
  const found = await ledger.held("mail:acs", { dueBefore: noonPlus(60_000), limit: 10 });
  expect(found.map(({ id }) => id)).toEqual(held.slice(1).map(({ id }) => id));
});
