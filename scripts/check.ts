/**
 * Everything that can be said about the code without running it. One line per check as it ends, then all that the failed ones have to
 * say. `npm run check -- lint types` runs these two alone.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

interface Check {
  readonly name: string;
  /** A script for this Node, with its arguments. */
  readonly command: readonly [script: string, ...args: string[]];
}

interface Finished {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
}

// The slow ones first: the others fill the gap.
const checks: readonly Check[] = [
  {
    name: "lint",
    command: [
      "node_modules/oxlint/bin/oxlint",
      "--type-aware",
      "--deny-warnings",
      "--report-unused-disable-directives",
    ],
  },
  { name: "types", command: ["node_modules/typescript/bin/tsc", "--project", ".", "--pretty"] },
  { name: "dead code", command: ["node_modules/knip/bin/knip.js", "--no-progress", "--no-config-hints"] },
  { name: "layers", command: ["scripts/check/layers.ts"] },
  { name: "contracts", command: ["scripts/contracts.ts", "--check"] },
  { name: "format", command: ["node_modules/oxfmt/bin/oxfmt", "--check"] },
];

function run(check: Check): Promise<Finished> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, check.command, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (text: string): void => void (output += text);
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"}  ${check.name.padEnd(10)} ${seconds.padStart(5)} s`);
      resolve({ check, passed: code === 0, output });
    });
  });
}

/** As many at a time as there are processors. */
async function runAll(waiting: Check[]): Promise<Finished[]> {
  const finished: Finished[] = [];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift())
      finished.push(await run(check));
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  return finished;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `No such check: ${unknown.join(", ")}. There are: ${checks.map(({ name }) => name).join(", ")}`,
  );
  process.exit(1);
}
const finished = await runAll(checks.filter(({ name }) => asked.length === 0 || asked.includes(name)));
const failed = finished.filter(({ passed }) => !passed);
for (const { check, output } of failed)
  console.log(`\n── ${check.name}: ${check.command.join(" ")}\n${output.trim()}`);
console.log(`\n${finished.length - failed.length} checks passed, ${failed.length} failed`);
if (failed.length > 0) process.exitCode = 1;
