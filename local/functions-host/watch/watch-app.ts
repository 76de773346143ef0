import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { HostJson } from "../app/host-json.ts";
import { HostRefusal } from "../refusal.ts";
import { watchFolders } from "./watch-folders.ts";

/** A build writes several files; a reload begins when nothing more has come for this long. */
const QUIET_MS = 15;

/** Names of files and folders that are no part of an app: other people's, hidden ones, drafts. */
const IGNORED = /^(node_modules|\..*|.*\.(new|tmp|swp|map)|.*~)$/;

const OWN_FILE = /^(host|package)\.json$|\.[cm]?[jt]s$/;

/**
 * Calls `changed` whenever something changes of what the app is made of: the folders that hold its entry files, host.json and
 * package.json, and what host.json names beside them. Returns what ends it.
 */
export function watchApp(
  appRoot: string,
  { watchDirectories, watchFiles }: Pick<HostJson, "watchDirectories" | "watchFiles">,
  changed: () => void,
): () => void {
  const missing = watchDirectories.find((folder) => !existsSync(join(appRoot, folder)));
  if (missing !== undefined)
    throw new HostRefusal(
      "host-json-invalid",
      `host.json: watchDirectories: there is no folder "${missing}"`,
    );
  let timer: NodeJS.Timeout | undefined;
  const notice = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  };
  const own = watch(appRoot, (_event, file) => {
    if (file === null || IGNORED.test(file)) return;
    if (OWN_FILE.test(file) || watchFiles.includes(file)) notice();
  });
  const stop = watchFolders(
    [...sourceFolders(appRoot), ...watchDirectories].map((folder) => join(appRoot, folder)),
    IGNORED,
    notice,
  );
  return () => {
    clearTimeout(timer);
    own.close();
    stop();
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
