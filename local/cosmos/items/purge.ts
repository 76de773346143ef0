import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { Store } from "../store/store.ts";
import type { ItemWriter } from "./item-writer.ts";

const EVERY_MS = 5000;
/** Per round and container, so that a purge never holds up requests for long. */
const ITEMS_PER_ROUND = 500;

/** Removes expired items every few seconds. Until then they are on disk, but nobody sees them. */
export function keepPurging(store: Store, writer: ItemWriter, clock: Clock, log: Log): { stop(): void } {
  let stopped = false;
  let next: ScheduledCall;
  const round = async (): Promise<void> => {
    for (const database of store.catalog.databases.values()) {
      for (const container of database.containers.values()) {
        if (container.defaultTtl === undefined || stopped) continue;
        await store.write(() => writer.purge(container, ITEMS_PER_ROUND));
      }
    }
  };
  const schedule = (): void => {
    if (stopped) return;
    next = clock.schedule(EVERY_MS, () => {
      round()
        .catch((error: unknown) => log("cosmos.purge-failed", { error: String(error) }))
        .finally(schedule);
    });
  };
  schedule();
  return {
    stop() {
      stopped = true;
      next.cancel();
    },
  };
}
