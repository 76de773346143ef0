import type { Container, CosmosClient } from "@azure/cosmos";
import type { CosmosOutput } from "../app/io-bindings.ts";
import { isStatus, makeContainer, makeDatabase } from "../cosmos/make-container.ts";
import type { TypedData } from "../worker/wire.ts";
import { type BindingData, fill } from "./expressions.ts";
import { documentOf, itemsOf } from "./output-values.ts";

/**
 * Upserts one document after the other: not a transaction, so a failure halfway leaves the first ones behind. A document
 * without an id gets one.
 */
export async function writeCosmos(
  output: CosmosOutput,
  client: CosmosClient,
  value: TypedData,
  data: BindingData,
): Promise<void> {
  const documents = itemsOf(value).map((item) => documentOf(item, output.name));
  if (documents.length === 0) return;
  const database = client.database(fill(output.databaseName, data));
  const container = database.container(fill(output.containerName, data));
  for (const document of documents) {
    try {
      await container.items.upsert(document);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      if (!output.createIfNotExists) throw notThere(output, container, error);
      await create(output, client, database.id, container.id);
      await container.items.upsert(document);
    }
  }
}

const notThere = (output: CosmosOutput, { id }: Container, cause: unknown): Error =>
  new Error(
    `output "${output.name}": container "${id}" does not exist; create it, or set createIfNotExists to true`,
    { cause },
  );

async function create(
  { partitionKey, throughput }: CosmosOutput,
  client: CosmosClient,
  databaseId: string,
  containerId: string,
): Promise<void> {
  await makeDatabase(client, databaseId);
  await makeContainer(client.database(databaseId), {
    id: containerId,
    ...(partitionKey === undefined ? {} : { partitionKey: { paths: [partitionKey] } }),
    ...(throughput === undefined ? {} : { throughput }),
  });
}
