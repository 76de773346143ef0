import { createCosmosCircuits } from "#shared/adapters/cosmos/cosmos-circuits.ts";
import { createMemoryCircuits } from "../fakes/memory-circuits.ts";
import { testCircuits } from "./circuits.contract.ts";
import { openCosmos } from "./cosmos-world.ts";

testCircuits("in memory", () =>
  Promise.resolve({ circuits: createMemoryCircuits(), stop: () => Promise.resolve() }),
);

testCircuits("Cosmos DB", async () => {
  const cosmos = await openCosmos();
  const { circuits } = await cosmos.newContainers();
  return { circuits: createCosmosCircuits(circuits), stop: () => cosmos.stop() };
});
