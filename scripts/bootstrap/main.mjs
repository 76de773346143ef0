import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { endAs, Interruption, interruptible, watchParent } from "./ending.mjs";
import { ensureInstalled } from "./install.mjs";
import { Refusal } from "./refusal.mjs";
import { runUnderPinnedNode } from "./run.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Ends the process: with the script's own exit code or signal, or with 1 and one line on stderr.
 * @param {readonly string[]} words the script, relative to the project, and its arguments
 */
export async function bootstrap([script, ...args]) {
  try {
    if (script === undefined) throw new Refusal("Usage: node scripts/bootstrap.mjs <script> [arguments]");
    const parentGone = watchParent();
    const node = await interruptible(parentGone, (interrupted) => ensureInstalled(root, interrupted));
    await runUnderPinnedNode({ node, root, script: resolve(root, script), args, parentGone });
  } catch (error) {
    if (error instanceof Interruption) return endAs(null, error.signal);
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
