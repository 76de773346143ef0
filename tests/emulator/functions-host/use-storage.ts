import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll } from "vitest";
import { eventually } from "./host-under-test.ts";

const AZURITE = fileURLToPath(
  new URL("../../../node_modules/azurite/dist/src/blob/main.js", import.meta.url),
);
/** The account that every Azurite has, and its published key. */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });

export interface Storage {
  readonly connectionString: string;
  readonly blobs: BlobServiceClient;
}

/** Azurite, Microsoft's own, for all tests of a file. */
export function useStorage(): () => Storage {
  let storage: Storage | undefined;
  let end: (() => void) | undefined;
  beforeAll(async () => {
    const port = await freePort();
    const flags = ["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"];
    const child = spawn(process.execPath, [AZURITE, ...flags, "--blobPort", String(port)], {
      stdio: "ignore",
    });
    end = () => child.kill("SIGKILL");
    const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`;
    const blobs = BlobServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } });
    const up = async (): Promise<true | undefined> =>
      blobs.getProperties().then(
        () => true,
        () => undefined,
      );
    await eventually(up, 20_000);
    storage = { connectionString, blobs };
  });
  afterAll(() => end?.());
  return () => {
    if (storage === undefined) throw new Error("Azurite is not up");
    return storage;
  };
}
