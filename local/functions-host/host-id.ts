import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Settings } from "./settings.ts";

/** Azure cuts host ids at this length. */
const MAX_LENGTH = 32;

/**
 * Names the app among those that share a storage account: status and locks of its functions lie below it. The setting
 * `AzureFunctionsWebHost__hostid` decides; without it the machine and the app's folder do, as with Azure's tools at home.
 */
export function hostId(settings: Settings, appRoot: string): string {
  const chosen = settings["AzureFunctionsWebHost__hostid"];
  if (chosen !== undefined && chosen !== "") return chosen.toLowerCase();
  const machine = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, "");
  const folder = createHash("sha256").update(resolve(appRoot)).digest("hex").slice(0, 10);
  return `${machine.slice(0, MAX_LENGTH - folder.length - 1)}-${folder}`;
}
