import type { Container } from "@azure/cosmos";
import { expect, onTestFinished, test } from "vitest";
import { createCosmosDirectory } from "#shared/adapters/cosmos/cosmos-directory.ts";
import { aBrand } from "../builders/directory.ts";
import { createHandSystem } from "../fakes/hand-system.ts";
import { createMemoryDirectory } from "../fakes/memory-directory.ts";
import { openCosmos } from "./cosmos-world.ts";
import { testDirectory } from "./directory.contract.ts";

const MINUTE = 60_000;

testDirectory("in memory", () => {
  const directory = createMemoryDirectory();
  return Promise.resolve({
    directory,
    add: (entries) => Promise.resolve(directory.add(entries)),
    forget: () => undefined,
    stop: () => Promise.resolve(),
  });
});

const putAll = async (container: Container, documents: readonly object[] = []): Promise<void> => {
  for (const document of documents) await container.items.upsert(document);
};

testDirectory("Cosmos DB", async () => {
  const cosmos = await openCosmos();
  const containers = await cosmos.newContainers();
  const system = createHandSystem();
  return {
    directory: createCosmosDirectory(containers, system),
    async add({ brands, vendors, keys }) {
      await putAll(containers.brands, brands);
      await putAll(containers.vendors, vendors);
      await putAll(containers.keys, keys);
    },
    forget: () => system.advance(MINUTE),
    stop: () => cosmos.stop(),
  };
});

test("while Cosmos DB is down, what is known stays known, however old, and only the rest is a transient fault", async () => {
  const cosmos = await openCosmos();
  const system = createHandSystem();
  const containers = await cosmos.newContainers();
  const directory = createCosmosDirectory(containers, system);
  await putAll(containers.brands, [aBrand()]);
  await directory.brand(aBrand().id);
  await cosmos.stop();
  system.advance(60 * MINUTE);
  expect(await directory.brand(aBrand().id)).toEqual(aBrand());
  await expect(directory.brand("never-asked-for")).rejects.toMatchObject({ name: "TransientFault" });
});

test("an answer is remembered for half a minute", async () => {
  const cosmos = await openCosmos();
  onTestFinished(() => cosmos.stop());
  const system = createHandSystem();
  const containers = await cosmos.newContainers();
  const directory = createCosmosDirectory(containers, system);
  await putAll(containers.brands, [aBrand()]);
  await directory.brand(aBrand().id);
  await putAll(containers.brands, [aBrand({ name: "Renamed" })]);
  system.advance(29_000);
  expect((await directory.brand(aBrand().id))?.name).toBe(aBrand().name);
  system.advance(1_000);
  expect((await directory.brand(aBrand().id))?.name).toBe("Renamed");
});
