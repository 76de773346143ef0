import { existsSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { rules } from "./layer-rules.ts";

export interface LayerReport {
  /** `rule: from -> to`, sorted. */
  readonly violations: readonly string[];
  /** How many files and packages were looked at. Nought means that nothing was checked. */
  readonly modules: number;
}

const FOLDERS = ["functions", "shared", "local", "scripts", "bench", "tests"];

/** Follows every import below `root` and compares it with the rules of `layer-rules.ts`. */
export async function checkLayers(root: string): Promise<LayerReport> {
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(join(root, folder))),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: rules },
      outputType: "json",
      // TypeScript 7 has no compiler interface: with the default parser nothing is found, and nothing is said.
      parser: "swc",
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: "^tests/.*/fixtures/" },
    },
    {
      extensions: [".ts", ".mjs", ".cjs", ".js", ".d.ts", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  );
  const { modules, summary }: ICruiseResult = typeof output === "string" ? JSON.parse(output) : output;
  return {
    modules: modules.length,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).toSorted(),
  };
}

if (import.meta.main) {
  const { modules, violations } = await checkLayers(process.cwd());
  for (const violation of violations) console.log(violation);
  console.log(`${violations.length} forbidden imports in ${modules} modules`);
  if (violations.length > 0 || modules === 0) process.exitCode = 1;
}
