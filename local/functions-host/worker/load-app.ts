import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppRegistry } from "./app-registry.ts";
import { programmingModel } from "./core-module.ts";
import { appLevel } from "./hook-context.ts";

interface AppPackage {
  readonly main?: unknown;
  readonly type?: unknown;
}

/** Changes with every load, so that a second in-process host evaluates an app's ES modules again. */
let generation = 0;

/**
 * Loads the files that package.json's `main` (a glob) names, one after the other, runs the appStart hooks,
 * asks the library for its capabilities and locks the registry.
 *
 * @returns the capabilities, the library's among them.
 */
export async function loadApp(appRoot: string, registry: AppRegistry): Promise<Record<string, string>> {
  const file = join(appRoot, "package.json");
  const appPackage: AppPackage = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of entryFiles(appRoot, appPackage)) await loadFile(entry, appPackage.type === "module");
  await runAppHooks("appStart", appRoot, registry);
  // Locks app.setup as well; the real worker asks exactly once, after the app is loaded.
  const capabilities = (await programmingModel().getCapabilities?.({})) ?? {};
  registry.lock();
  return capabilities;
}

function entryFiles(appRoot: string, appPackage: AppPackage): string[] {
  const { main } = appPackage;
  if (typeof main !== "string" || main === "") {
    throw new Error(
      `${join(appRoot, "package.json")} has no "main": it must name the app's entry files (a glob)`,
    );
  }
  const files = globSync(main, { cwd: appRoot })
    .toSorted()
    .map((file) => join(appRoot, file));
  if (files.length === 0) {
    throw new Error(
      `no file matches "main": "${main}" of ${join(appRoot, "package.json")}; has the app been built?`,
    );
  }
  return files;
}

async function loadFile(file: string, packageIsModule: boolean): Promise<void> {
  const isModule = /\.m[jt]s$/.test(file) || (packageIsModule && !/\.c[jt]s$/.test(file));
  if (!isModule) {
    createRequire(import.meta.url)(file);
    return;
  }
  generation += 1;
  const url = pathToFileURL(file).href;
  await import(generation === 1 ? url : `${url}?load=${generation}`);
}

/** Runs the app's start or terminate hooks in order; hookData and appHookData cannot be replaced, only filled. */
export async function runAppHooks(
  name: "appStart" | "appTerminate",
  appRoot: string,
  registry: AppRegistry,
): Promise<void> {
  const functionAppDirectory = appRoot.endsWith(sep) ? appRoot.slice(0, -1) : appRoot;
  const { appLevelHookData, appHookData } = registry;
  const context = appLevel(appLevelHookData, appHookData, functionAppDirectory);
  for (const hook of registry.hooks[name]) await hook(context);
}
