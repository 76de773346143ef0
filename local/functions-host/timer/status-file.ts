import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Durability } from "../../sqlite/group-commit.ts";

/** The very object Azure keeps in a blob per timer; times are ISO 8601. */
export interface TimerStatus {
  /** Of the latest run; `NEVER` before the first. */
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

/** How .NET writes a date that was never set. */
export const NEVER = "0001-01-01T00:00:00+00:00";

export interface TimerStatusStore {
  read(functionName: string): TimerStatus | undefined;
  write(functionName: string, status: TimerStatus): void;
}

/** One small file per timer, replaced as a whole: a crash leaves the old or the new one. */
export function timerStatusFiles(folder: string, durability: Durability): TimerStatusStore {
  const fileOf = (functionName: string): string => join(folder, `${encodeURIComponent(functionName)}.json`);
  return {
    read(functionName) {
      try {
        const status: TimerStatus = JSON.parse(readFileSync(fileOf(functionName), "utf8"));
        return status;
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    write(functionName, status) {
      const file = fileOf(functionName);
      mkdirSync(dirname(file), { recursive: true });
      const draft = `${file}.new`;
      const descriptor = openSync(draft, "w");
      writeSync(descriptor, JSON.stringify(status));
      if (durability === "strict") fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(draft, file);
    },
  };
}
