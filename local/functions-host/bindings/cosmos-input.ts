import { type Container, type CosmosClient, PartitionKeyBuilder, type SqlQuerySpec } from "@azure/cosmos";
import type { CosmosInput } from "../app/io-bindings.ts";
import type { TypedData } from "../worker/wire.ts";
import { asParameters, type BindingData, fill } from "./expressions.ts";

/**
 * Reads what the binding asks for. One document by id is an object, or **nothing at all when it does not exist**; a query, and
 * a binding with neither id nor query (the whole container), is an array. The partition key is always text, as the
 * binding's own type says: documents with a number as key are out of reach.
 */
export async function readInput(
  input: CosmosInput,
  client: CosmosClient,
  data: BindingData,
): Promise<TypedData> {
  const container = client
    .database(fill(input.databaseName, data))
    .container(fill(input.containerName, data));
  const key = input.partitionKey === undefined ? undefined : fill(input.partitionKey, data);
  if (input.id === undefined) return { json: JSON.stringify(await query(container, input, key, data)) };
  const document = await point(container, fill(input.id, data), key);
  return document === undefined ? {} : { json: JSON.stringify(document) };
}

async function point(container: Container, id: string, key: string | undefined): Promise<unknown> {
  // Without a key the extension asks for documents that have none.
  const partition = key ?? new PartitionKeyBuilder().addNoneValue().build();
  const { statusCode, resource } = await container.item(id, partition).read<Record<string, unknown>>();
  return statusCode === 404 ? undefined : resource;
}

async function query(
  container: Container,
  { sqlQuery = "SELECT * FROM c" }: CosmosInput,
  key: string | undefined,
  data: BindingData,
): Promise<unknown[]> {
  const spec: SqlQuerySpec = asParameters(sqlQuery, data);
  const options = key === undefined ? {} : { partitionKey: key };
  const { resources } = await container.items.query<unknown>(spec, options).fetchAll();
  return resources;
}
