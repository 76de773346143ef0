import type { Container, ItemResponse, JSONObject, PartitionKey } from "@azure/cosmos";
import type { z } from "zod";
import { readTolerantly } from "#shared/contracts/read-tolerantly.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";

/** What the client takes as a document. */
export const toDocument = (value: object): JSONObject =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our documents are zod-checked JSON; the client's type only lacks optional members
  value as JSONObject;

/**
 * A document as the contract knows it: without the system properties, and without null, which stands for a field that
 * a patch took away.
 */
export function fromDocument<S extends z.ZodObject>(schema: S, document: unknown): z.infer<S> {
  const members = Object.entries(Object(document)).filter(
    ([name, value]) => !name.startsWith("_") && value !== null,
  );
  const read = readTolerantly(schema, Object.fromEntries(members));
  if (!read.success) throw read.error;
  return read.data;
}

/** One damaged document must not hold up its neighbours: it is only named. */
export function readEach<S extends z.ZodObject>(
  schema: S,
  documents: readonly { readonly id: string }[],
): { readonly readable: z.infer<S>[]; readonly unreadable: string[] } {
  const readable: z.infer<S>[] = [];
  const unreadable: string[] = [];
  for (const document of documents) {
    try {
      readable.push(fromDocument(schema, document));
    } catch {
      unreadable.push(document.id);
    }
  }
  return { readable, unreadable };
}

/** Beside 404: not the document is missing but the container or its database. */
const OWNER_NOT_FOUND = 1003;

/**
 * A point read; undefined when there is no such document. Throws TransientFault where there is not even the container: a
 * wrong name in the settings must not pass for an order or a key that does not exist.
 */
export async function readDocument<S extends z.ZodObject>(
  container: Container,
  schema: S,
  id: string,
  partitionKey: PartitionKey,
): Promise<z.infer<S> | undefined> {
  const { resource, substatus } = await asking(
    async (): Promise<Pick<ItemResponse<Record<string, unknown>>, "resource" | "substatus">> => {
      try {
        return await container.item(id, partitionKey).read<Record<string, unknown>>();
      } catch (error) {
        if (statusOf(error) === status.notFound) return { resource: undefined };
        throw error;
      }
    },
  );
  if (resource !== undefined) return fromDocument(schema, resource);
  if (substatus === OWNER_NOT_FOUND) {
    throw new TransientFault(`Cosmos DB has no container ${container.id} in ${container.database.id}`);
  }
  return undefined;
}
