import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CosmosClient, type Container, type ContainerRequest, type Database } from "@azure/cosmos";
import { onTestFinished } from "vitest";
import { createHandClock, type HandClock } from "#local/clock/hand-clock.ts";
import type { Log } from "#local/part.ts";
import { startCosmos, type RunningCosmos } from "#local/cosmos/index.ts";

export const accountKey = Buffer.from("a key for tests only, not a secret").toString("base64");

export interface CosmosUnderTest {
  readonly cosmos: RunningCosmos;
  readonly client: CosmosClient;
  readonly database: Database;
  readonly clock: HandClock;
  readonly folder: string;
  /** Stops the endpoint and starts it again on the same folder, with a new client. */
  readonly restart: () => Promise<CosmosUnderTest>;
}

export async function useFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cosmos-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An endpoint of its own on a free port, with a database; stopped when the test ends. */
export async function useCosmos(maxClockSkewMs = Infinity): Promise<CosmosUnderTest> {
  return startIn(await useFolder(), createHandClock(Date.now()), maxClockSkewMs);
}

/** A failure inside the endpoint is a failed test, not a line in a log. */
const log: Log = (event, facts) => {
  if (event.endsWith("failed")) throw new Error(`${event}: ${JSON.stringify(facts)}`);
};

async function startIn(folder: string, clock: HandClock, maxClockSkewMs: number): Promise<CosmosUnderTest> {
  const options = {
    dataFolder: folder,
    clock,
    durability: "relaxed" as const,
    log,
    port: 0,
    key: accountKey,
    // Clients take the date from the real clock, tests drive theirs by hand.
    maxClockSkewMs,
  };
  const cosmos = await startCosmos(options);
  const client = new CosmosClient({ endpoint: cosmos.endpoint, key: accountKey });
  const close = async (): Promise<void> => {
    client.dispose();
    await cosmos.stop();
  };
  onTestFinished(close);
  const { database } = await client.databases.createIfNotExists({ id: "shop" });
  const restart = async (): Promise<CosmosUnderTest> => {
    await close();
    return startIn(folder, clock, maxClockSkewMs);
  };
  return { cosmos, client, database, clock, folder, restart };
}

/** A new container; by default with the partition key `/pk`. */
export async function makeContainer(
  database: Database,
  request: Omit<ContainerRequest, "id"> = {},
): Promise<Container> {
  const { container } = await database.containers.create({
    id: randomUUID(),
    partitionKey: { paths: ["/pk"] },
    ...request,
  });
  return container;
}

/** The status of a failed call. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? Number(error.code) : Number.NaN;
    return { code, message: error.message };
  }
  throw new Error("The call was expected to fail.");
}
