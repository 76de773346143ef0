import type { Clock } from "./clock/clock.ts";
import type { Durability } from "./sqlite/group-commit.ts";

/** One line of a part's log: an event name and its facts. Never personal data, never secrets. */
export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** What every part of the embedded cloud is given. */
export interface PartOptions {
  /** The part's own folder; it creates it and may write nowhere else. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly log: Log;
}

/** A part that accepts connections. Stopping twice is allowed. */
export interface RunningPart {
  /** Stops accepting, finishes or drops what is under way, closes files. Everything acknowledged is on disk. */
  stop(): Promise<void>;
}
