import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";

/** Where Azure's hosts keep what they share. */
const CONTAINER = "azure-webjobs-hosts";

/** Two quick attempts: who needs the storage asks again by itself. */
const RETRIES = { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000, tryTimeoutInMs: 5000 };

/** The storage account of `AzureWebJobsStorage`: status and locks of the app's functions. */
export class HostStorage {
  readonly container: ContainerClient;
  /** What this host's leases are known by. */
  readonly leaseId: string;
  #ready: Promise<unknown> | undefined;

  constructor(connectionString: string, dataFolder: string) {
    const service = BlobServiceClient.fromConnectionString(connectionString, { retryOptions: RETRIES });
    this.container = service.getContainerClient(CONTAINER);
    this.leaseId = leaseIdOf(dataFolder);
  }

  /** Makes the container, once. */
  async open(): Promise<ContainerClient> {
    this.#ready ??= this.container.createIfNotExists();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
    return this.container;
  }
}

/**
 * One for each data folder, kept in it: a host that was killed takes its own leases again at once, for a lease can be acquired
 * anew under the id that holds it, instead of waiting until they run out.
 */
function leaseIdOf(dataFolder: string): string {
  const file = join(dataFolder, "lease-id");
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    const id = randomUUID();
    mkdirSync(dataFolder, { recursive: true });
    writeFileSync(file, id);
    return id;
  }
}
