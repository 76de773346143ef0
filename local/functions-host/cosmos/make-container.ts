import type { ContainerRequest, CosmosClient, Database } from "@azure/cosmos";

/** The client looks first and creates then: of two that do so at once one is refused, and may use what the other has made. */
async function unlessThere(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
  }
}

/** Makes a container unless it is there, however many do so at the same time. */
export const makeContainer = (database: Database, request: ContainerRequest): Promise<void> =>
  unlessThere(database.containers.createIfNotExists(request));

/** Makes a database unless it is there, however many do so at the same time. */
export const makeDatabase = (client: CosmosClient, id: string): Promise<void> =>
  unlessThere(client.databases.createIfNotExists({ id }));

/** Is it an answer of the service with one of these? */
export const isStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof Error && "code" in error && statuses.includes(Number(error.code));
