/**
 * Bundles a function app as it is deployed: `functions/index.ts` -> `dist/functions/index.js`, ESM.
 * Run it with `node scripts/build.ts`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, context, stop } from "esbuild";
import { inputsUnchanged, replaceFiles, writeFiles, writeInputs } from "./built-files.ts";
import { librarySource } from "./library-source.ts";

export interface BuiltApp {
  /** The file that package.json's `main` names. */
  readonly entryFile: string;
  /** Of the entry and what it imports at once: what a cold start has to read. */
  readonly startBytes: number;
  /** Of all code, the lazily imported included. */
  readonly totalBytes: number;
  readonly buildMs: number;
}

/** Bundled CommonJS packages still call `require` for node's own modules, and for the worker's core module. */
const REQUIRE_BANNER =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const outdirOf = (appRoot: string): string => join(appRoot, "dist", "functions");
const inputsFileOf = (appRoot: string): string => join(appRoot, "dist", "functions.inputs.json");

/** How the app below `appRoot` becomes what is deployed. */
export const bundleOptions = (appRoot: string) =>
  ({
    absWorkingDir: appRoot,
    entryPoints: ["functions/index.ts"],
    bundle: true,
    platform: "node",
    target: "node22", // what Flex Consumption offers beside 24
    format: "esm",
    splitting: true, // keeps `await import()` of the heavy SDKs lazy
    chunkNames: "chunks/[name]-[hash]",
    minify: false,
    sourcemap: true,
    external: ["@azure/functions-core"], // exists only inside the worker
    alias: { ...librarySource },
    banner: { js: REQUIRE_BANNER },
    logLevel: "silent",
  }) satisfies BuildOptions;

let buildsUnderWay = 0;

/** Bundles the app, unless nothing that went into the last bundle has changed since: that takes most of a start's time. */
export async function buildAppIfChanged(appRoot: string): Promise<void> {
  if (inputsUnchanged(inputsFileOf(appRoot), appRoot)) return;
  buildsUnderWay += 1;
  try {
    await buildApp(appRoot);
  } finally {
    buildsUnderWay -= 1;
    // esbuild's process would stay, with the gigabyte that the bundle took, as long as this one.
    if (buildsUnderWay === 0) await stop();
  }
}

/**
 * Builds again and again, each time only what changed, and leaves packages where npm put them: our own code takes milliseconds
 * that way, everything with telemetry takes a second. What an earlier build wrote stays, because a worker may still need it.
 */
export async function developmentBuild(
  appRoot: string,
): Promise<{ rebuild(): Promise<void>; dispose(): Promise<void> }> {
  // What stands here from now on is no bundle to deploy or to start from.
  rmSync(inputsFileOf(appRoot), { force: true });
  const building = await context({
    ...bundleOptions(appRoot),
    outdir: outdirOf(appRoot),
    packages: "external",
    alias: {},
    sourcesContent: false, // the sources are here, and the map is written again for every saved file
    write: false,
  });
  return {
    async rebuild() {
      const { outputFiles } = await building.rebuild();
      writeFiles(outputFiles ?? []);
    },
    dispose: () => building.dispose(),
  };
}

/**
 * @param appRoot the folder with package.json; its `dist/functions` is replaced, file by file.
 * @throws esbuild's BuildFailure, which names file and line.
 */
export async function buildApp(appRoot: string): Promise<BuiltApp> {
  const started = performance.now();
  const startedAtMs = Date.now();
  const outdir = outdirOf(appRoot);
  const { metafile, outputFiles } = await build({
    ...bundleOptions(appRoot),
    outdir,
    metafile: true,
    write: false,
  });
  mkdirSync(outdir, { recursive: true });
  replaceFiles(outdir, outputFiles);
  const ownSource = relative(appRoot, fileURLToPath(import.meta.url));
  const sources = [...Object.keys(metafile.inputs), "package.json", ownSource];
  writeInputs(inputsFileOf(appRoot), {
    root: appRoot,
    sources,
    results: Object.keys(metafile.outputs),
    startedAtMs,
  });
  const entryFile = "dist/functions/index.js";
  const code = Object.entries(metafile.outputs).filter(([file]) => file.endsWith(".js"));
  const atStart = new Set<string>();
  const visit = (file: string): void => {
    if (atStart.has(file)) return;
    atStart.add(file);
    for (const { path, kind } of metafile.outputs[file]?.imports ?? []) {
      if (kind === "import-statement" && path in metafile.outputs) visit(path);
    }
  };
  visit(entryFile);
  const bytes = (files: Iterable<string>): number =>
    [...files].reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);
  return {
    entryFile: join(appRoot, entryFile),
    startBytes: bytes(atStart),
    totalBytes: bytes(code.map(([file]) => file)),
    buildMs: Math.round(performance.now() - started),
  };
}

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;

if (import.meta.main) {
  const { entryFile, startBytes, totalBytes, buildMs } = await buildApp(process.cwd());
  console.log(`${entryFile}: ${kib(startBytes)} at start, ${kib(totalBytes)} in all, built in ${buildMs} ms`);
}
