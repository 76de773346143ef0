import type { WatchRecord } from "#shared/contracts/watch.ts";

export type Counts = Readonly<Record<string, number>>;

/** What is counted in one minute, by all instances together. */
export interface MinuteCounts {
  readonly minuteMs: number;
  readonly counts: Counts;
}

/** What the watch remembers from look to look, and what the instances count for it. Throws TransientFault. */
export interface WatchStore {
  load(): Promise<{ readonly record: WatchRecord | undefined; readonly version: string | undefined }>;
  /** False when somebody else has stored another one since `version` was loaded; then nothing was changed. */
  save(record: WatchRecord, version: string | undefined): Promise<boolean>;
  /** Adds to the counts of that minute. A lost answer may count twice: these are for operators, not for money. */
  count(minuteMs: number, counts: Counts): Promise<void>;
  /** At least the last half hour, in no particular order. */
  minutes(): Promise<MinuteCounts[]>;
}
