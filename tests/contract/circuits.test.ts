import { expect, onTestFinished, test } from "vitest";
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

test("Cosmos DB: a circuit that cannot be read any more begins anew, looks for what is held, and keeps no other back", async () => {
  const cosmos = await openCosmos();
  onTestFinished(() => cosmos.stop());
  const { circuits: container } = await cosmos.newContainers();
  const circuits = createCosmosCircuits(container);
  await circuits.change("mail:acs", (circuit) => ({ ...circuit, consecutive: 3 }));
  await container.items.upsert({ id: "webhook:vendor-mill", state: "ajar" });
  const anew = { state: "closed", consecutive: 0, holding: { sinceMs: 0 } };
  expect(await circuits.read("webhook:vendor-mill")).toMatchObject(anew);
  expect((await circuits.all()).map(({ id }) => id).toSorted()).toEqual(["mail:acs", "webhook:vendor-mill"]);
  await circuits.change("webhook:vendor-mill", (circuit) => ({ ...circuit, consecutive: 1 }));
  expect(await circuits.read("webhook:vendor-mill")).toMatchObject({ ...anew, consecutive: 1 });
});
