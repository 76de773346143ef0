import type { Database } from "@azure/cosmos";
import type { Settings } from "#shared/contracts/settings.ts";

/**
 * Azure's client, with the key if there is one and with the managed identity otherwise. The client retries throttled
 * requests by itself for as long as a storefront would wait; our own policy decides beyond that.
 */
export async function connectCosmos(settings: Settings): Promise<Database> {
  const { CosmosClient } = await import("@azure/cosmos");
  const client = new CosmosClient({
    endpoint: settings.COSMOS_ENDPOINT,
    ...(settings.COSMOS_KEY === undefined
      ? { aadCredentials: await managedIdentity() }
      : { key: settings.COSMOS_KEY }),
    connectionPolicy: {
      requestTimeout: 10_000,
      retryOptions: { maxRetryAttemptCount: 3, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 3 },
    },
  });
  return client.database(settings.COSMOS_DATABASE);
}

async function managedIdentity() {
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new DefaultAzureCredential();
}
