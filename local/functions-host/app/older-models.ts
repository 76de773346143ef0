import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { HostRefusal } from "../refusal.ts";

/** Up to model v3 each function was a folder with a function.json. Azure would run those, beside or instead of v4's. */
export function refuseOlderModels(appRoot: string): void {
  const folders = readdirSync(appRoot, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const old = folders.find(({ name }) => existsSync(join(appRoot, name, "function.json")));
  if (old === undefined) return;
  throw new HostRefusal(
    "not-supported",
    `${join(old.name, "function.json")} belongs to programming model v3 or older; this host runs functions that register themselves through "@azure/functions" (v4)`,
  );
}
