import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./expedite.ts";

/**
 * Counts whether the promises of docs/guarantees.md are kept: every `tests/prove/*.prove.ts`, or those whose name contains a
 * word of the command line, each in a process of its own; words that are in no name are for the proofs (`npm run prove
 * crash-points post-order`). Ends with 1 when a promise is not kept.
 */
const folder = join(projectRoot, "tests", "prove");
const words = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith(".prove.ts"));
const named = words.filter((word) => files.some((name) => name.includes(word)));
const chosen = files.filter((name) => words.length === 0 || named.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`No proof is called ${words.join(", ")}; there are ${files.join(", ")}`);
  process.exit(1);
}
for (const name of chosen) {
  console.log(`\n# ${name}\n`);
  const { status } = spawnSync(
    process.execPath,
    [join(folder, name), ...words.filter((word) => !named.includes(word))],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exitCode = 1;
}
