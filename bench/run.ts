import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs every `*.bench.ts`, or those whose name contains a word of the command line, each in a process of its own. */
const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".bench.ts"));
const chosen = files.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`No benchmark is called ${words.join(", ")}; there are ${files.join(", ")}`);
  process.exit(1);
}
for (const name of chosen) {
  console.log(`\n# ${name}\n`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
