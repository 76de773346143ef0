import { type FSWatcher, readdirSync, watch } from "node:fs";
import { join } from "node:path";

/**
 * Calls `changed` with the path of whatever changes in these folders and all below them, apart from what `ignored` names. Folders
 * are watched one by one: Node's own recursive watching follows files by their inode on Linux, and loses those that are
 * replaced by a rename, as every careful editor and build does.
 *
 * @returns what ends it.
 */
export function watchFolders(
  folders: readonly string[],
  ignored: RegExp,
  changed: (path: string) => void,
): () => void {
  const watchers = new Map<string, FSWatcher>();

  const follow = (folder: string): void => {
    if (!watchers.has(folder)) {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || ignored.test(name)) return;
        follow(folder);
        changed(join(folder, name));
      });
      // A folder that goes away is told of by the one it was in.
      watcher.on("error", () => drop(folder));
      watchers.set(folder, watcher);
    }
    for (const name of subfolders(folder)) {
      if (!ignored.test(name) && !watchers.has(join(folder, name))) follow(join(folder, name));
    }
  };
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };

  for (const folder of folders) follow(folder);
  return () => {
    for (const folder of watchers.keys()) drop(folder);
  };
}

function subfolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return []; // it is gone
  }
}
