import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { bundleOptions } from "../../../scripts/build.ts";
import { projectRoot } from "../../../scripts/expedite.ts";
import { replaceFiles } from "../../../scripts/built-files.ts";
import { type AwaitPoint, instrument } from "./await-points.ts";

/** Where our own code waits for the world. What is not here is pure, or only hands on what is here. */
const INSTRUMENTED = /[\\/](functions|shared[\\/](use-cases|bindings|adapters))[\\/].*\.ts$/;

/** Builds the app as it is deployed into a folder of its own, with every `await` of ours a point where it can be killed. */
export async function buildInstrumentedApp(root: string): Promise<readonly AwaitPoint[]> {
  const points: AwaitPoint[] = [];
  const plugin: Plugin = {
    name: "await-points",
    setup({ onLoad }) {
      onLoad({ filter: INSTRUMENTED }, ({ path }) => {
        const file = relative(projectRoot, path).replaceAll("\\", "/");
        // The library comes from its sources, too, and has a folder of the same name.
        if (file.startsWith("node_modules/")) return undefined;
        const { points: found, code } = instrument(file, readFileSync(path, "utf8"));
        points.push(...found);
        return { contents: code, loader: "ts" };
      });
    },
  };
  const outdir = join(root, "dist", "functions");
  const options = { ...bundleOptions(projectRoot), outdir, sourcemap: false, write: false } as const;
  const { outputFiles } = await build({ ...options, plugins: [plugin] });
  mkdirSync(outdir, { recursive: true });
  replaceFiles(outdir, outputFiles);
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ type: "module", main: "dist/functions/index.js" }),
  );
  copyFileSync(join(projectRoot, "host.json"), join(root, "host.json"));
  return points.toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}
