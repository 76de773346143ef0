import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CosmosClient } from "@azure/cosmos";
import { realClock } from "#local/clock/clock.ts";
import { startCosmos } from "#local/cosmos/index.ts";
import { type Containers, createContainers } from "../../scripts/seed/create-containers.ts";

export interface CosmosWorld {
  /** The app's containers in a new database. */
  newContainers(): Promise<Containers>;
  stop(): Promise<void>;
}

/** A Cosmos DB endpoint of the test's own, and Azure's client. */
export async function openCosmos(): Promise<CosmosWorld> {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-cosmos-"));
  const server = await startCosmos({
    port: 0,
    key: Buffer.from("a key for tests only").toString("base64"),
    dataFolder,
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
  });
  const client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
  return {
    async newContainers() {
      const { database } = await client.databases.create({ id: `test-${randomUUID()}` });
      return await createContainers(database);
    },
    async stop() {
      client.dispose();
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
