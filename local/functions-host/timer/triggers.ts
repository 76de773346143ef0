import { join } from "node:path";
import type { TimerFunction } from "../app/index-functions.ts";
import type { Listener, ListenerContext } from "../listener.ts";
import { setting } from "../settings.ts";
import { timerStatusFiles } from "./status-file.ts";
import { TimerListener } from "./timer-listener.ts";

/** Timers run on one host only, as long as there is a storage account in which hosts can agree on it. */
export async function timerListeners(
  functions: readonly TimerFunction[],
  context: ListenerContext,
): Promise<Listener[]> {
  if (functions.length === 0) return [];
  const { hostJson, settings, hostId, dataFolder, clock, log, invoke } = context;
  const account = setting(settings, "AzureWebJobsStorage");
  if (account === undefined || account === "") {
    log("timers without storage", { why: "there is no AzureWebJobsStorage: status is a file, and no lock" });
    const statuses = timerStatusFiles(join(dataFolder, "timers"));
    return functions.map((target) => new TimerListener(target, { clock, log, statuses, invoke }));
  }
  const [{ HostStorage }, { blobLock }, { SingletonListener }, { timerStatusBlobs }] = await Promise.all([
    import("../storage/host-storage.ts"),
    import("../storage/blob-lock.ts"),
    import("../storage/singleton-listener.ts"),
    import("./status-blob.ts"),
  ]);
  const storage = new HostStorage(account, dataFolder);
  const statuses = timerStatusBlobs(storage, hostId);
  const { listenerLockPeriod: periodMs, listenerLockRecoveryPollingInterval: recoveryMs } =
    hostJson.singleton;
  return functions.map((target) => {
    const lock = blobLock(storage, `locks/${hostId}/Host.Functions.${target.name}.Listener`, periodMs / 1000);
    const open = (): Listener => new TimerListener(target, { clock, log, statuses, invoke });
    return new SingletonListener(target.name, open, { lock, log, periodMs, recoveryMs });
  });
}
