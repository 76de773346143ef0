import { RestError } from "@azure/storage-blob";
import type { HostStorage } from "../storage/host-storage.ts";
import type { TimerStatus, TimerStatusStore } from "./status.ts";

/** Where Azure's timer extension keeps it: `timers/<host id>/Host.Functions.<name>/status`. */
export function timerStatusBlobs(storage: HostStorage, hostId: string): TimerStatusStore {
  const blobOf = async (functionName: string) =>
    (await storage.open()).getBlockBlobClient(`timers/${hostId}/Host.Functions.${functionName}/status`);
  return {
    async read(functionName) {
      try {
        const status: TimerStatus = JSON.parse(
          (await (await blobOf(functionName)).downloadToBuffer()).toString(),
        );
        return status;
      } catch (error) {
        // The client looks for the size first, and an answer without a body has no error code.
        if (error instanceof RestError && error.statusCode === 404) return undefined;
        throw error;
      }
    },
    async write(functionName, status) {
      const text = JSON.stringify(status);
      await (await blobOf(functionName)).upload(text, Buffer.byteLength(text));
    },
  };
}
