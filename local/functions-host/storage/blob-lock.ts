import { type BlobLeaseClient, RestError } from "@azure/storage-blob";
import type { HostStorage } from "./host-storage.ts";

/** A lock that several hosts compete for: a lease on an empty blob. */
export interface Lock {
  /** False while another holds it. @throws when the storage does not answer */
  acquire(): Promise<boolean>;
  /** False when it has been lost. @throws when the storage does not answer */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** @param path below the container, such as `locks/<host id>/Host.Functions.<name>.Listener`. */
export function blobLock(storage: HostStorage, path: string, leaseSeconds: number): Lock {
  let lease: BlobLeaseClient | undefined;
  const open = async (): Promise<BlobLeaseClient> => {
    if (lease !== undefined) return lease;
    const blob = (await storage.open()).getBlockBlobClient(path);
    // 409: it exists; 412: and somebody holds it.
    await held(blob.upload("", 0, { conditions: { ifNoneMatch: "*" } }));
    return (lease = blob.getBlobLeaseClient(storage.leaseId));
  };
  return {
    acquire: async () => held((await open()).acquireLease(leaseSeconds)),
    renew: async () => held((await open()).renewLease()),
    release: async () => {
      await held((await open()).releaseLease());
    },
  };
}

/** False for 409 and 412: somebody else has it. */
async function held(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412)) return false;
    throw error;
  }
}
