import { type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";

/** A build writes several files; a reload begins when nothing more has come for this long. */
const QUIET_MS = 25;

const IGNORED = /(^|[\\/])(node_modules|\.[^\\/]*|.*\.(new|tmp|swp|map)|.*~)([\\/]|$)/;

/**
 * Calls `changed` whenever something changes of what the app is made of: the folders that hold its entry files, host.json and
 * package.json. Returns what ends it.
 */
export function watchApp(appRoot: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const notice = (file: string | null): void => {
    if (file !== null && IGNORED.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  };
  const watchers: FSWatcher[] = [
    watch(appRoot, (_event, file) => {
      if (file !== null && /^(host|package)\.json$|\.[cm]?[jt]s$/.test(file)) notice(file);
    }),
    ...sourceFolders(appRoot).map((folder) =>
      watch(join(appRoot, folder), { recursive: true }, (_event, file) => notice(file)),
    ),
  ];
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

/** Of `main`'s glob what stands before the first wildcard; where that is the app's own folder, all folders in it. */
function sourceFolders(appRoot: string): string[] {
  const { main = "" }: { main?: string } = JSON.parse(readFileSync(join(appRoot, "package.json"), "utf8"));
  const fixed = main
    .split("/")
    .slice(0, -1)
    .filter((part) => part !== ".");
  const wild = fixed.findIndex((part) => /[*?{[]/.test(part));
  const folder = (wild < 0 ? fixed : fixed.slice(0, wild)).join("/");
  if (folder !== "") return [folder];
  return readdirSync(appRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !IGNORED.test(entry.name))
    .map((entry) => entry.name);
}
