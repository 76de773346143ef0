import { createCosmosDeliveries } from "#shared/adapters/cosmos/cosmos-deliveries.ts";
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
