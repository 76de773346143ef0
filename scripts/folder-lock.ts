import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Held until `release`, or until this process ends, however it does. */
export interface FolderLock {
  release(): void;
}

/**
 * Keeps a second cloud out of a data folder: two brokers on one database would hand out the same messages.
 * The lock is the operating system's, on a file that SQLite opens, so a crash leaves none behind.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, "lock.db"));
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch {
    db.close();
    throw new Error(
      `Another Expedite runs on the data in ${folder}. Stop it, or choose another folder with EXPEDITE_HOME.`,
    );
  }
  let held = true;
  return {
    release() {
      if (held) db.close();
      held = false;
    },
  };
}
