import { CosmosClient } from "@azure/cosmos";

const REQUEST_TIMEOUT_MS = 10_000;

/** One client for each connection string. */
export class CosmosClients {
  readonly #clients = new Map<string, CosmosClient>();

  for(connectionString: string): CosmosClient {
    let client = this.#clients.get(connectionString);
    if (client === undefined) {
      const [endpoint, key] = [/AccountEndpoint=([^;]+)/i, /AccountKey=([^;]+)/i].map(
        (part) => part.exec(connectionString)?.[1],
      );
      if (endpoint === undefined || key === undefined) {
        throw new Error("a Cosmos DB connection needs AccountEndpoint and AccountKey");
      }
      const connectionPolicy = { requestTimeout: REQUEST_TIMEOUT_MS };
      client = new CosmosClient({ endpoint, key, connectionPolicy });
      this.#clients.set(connectionString, client);
    }
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.dispose();
    this.#clients.clear();
  }
}
