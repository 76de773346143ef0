import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TimerStatus, TimerStatusStore } from "./status.ts";

/** Without a storage account: one small file per timer, replaced as a whole: a crash leaves the old or the new one. */
export function timerStatusFiles(folder: string): TimerStatusStore {
  const fileOf = (functionName: string): string => join(folder, `${encodeURIComponent(functionName)}.json`);
  return {
    read(functionName) {
      try {
        const status: TimerStatus = JSON.parse(readFileSync(fileOf(functionName), "utf8"));
        return Promise.resolve(status);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT")
          return Promise.resolve(undefined);
        throw error;
      }
    },
    write(functionName, status) {
      const file = fileOf(functionName);
      mkdirSync(dirname(file), { recursive: true });
      const draft = `${file}.new`;
      const descriptor = openSync(draft, "w");
      writeSync(descriptor, JSON.stringify(status));
      fsyncSync(descriptor);
      closeSync(descriptor);
      renameSync(draft, file);
      return Promise.resolve();
    },
  };
}
