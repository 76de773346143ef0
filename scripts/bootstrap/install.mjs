import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { rmSync, writeFileSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { forgetInstalled, installedByHand, readStamp, wanted, writeStamp } from "./installed.mjs";
import { whyNpmFailed } from "./npm-failure.mjs";
import { oneAtATime } from "./one-at-a-time.mjs";
import { findPinnedNode, pinnedNodePath } from "./pinned-node.mjs";
import { Refusal } from "./refusal.mjs";

const ONLY_ERRORS = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
/** Whatever NODE_ENV or the user's own settings leave out, these are needed here. */
const EVERYTHING = ["--include=dev", "--include=optional"];
/** npm's own patience is minutes, without a word. */
const IMPATIENT = [
  "--prefer-offline",
  "--fetch-retries=2",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=5000",
];

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

/** npm deletes node_modules: it must not run under the Node in there, which npm scripts have on their PATH. */
function environmentOutsideNodeModules(/** @type {string} */ root) {
  const inside = join(root, "node_modules") + sep;
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const path = (process.env[name] ?? "")
    .split(delimiter)
    .filter((entry) => !`${entry}${sep}`.startsWith(inside));
  return { ...process.env, [name]: path.join(delimiter) };
}

/**
 * Without a network npm tries each of 600 packages again and again, for minutes; told to be offline it takes what it has, or fails
 * at once. npm hands its settings down in the environment.
 */
async function reachability() {
  const { env } = process;
  const proxied = ["npm_config_proxy", "npm_config_https_proxy", "HTTPS_PROXY", "https_proxy"].some(
    (name) => env[name],
  );
  if (proxied) return IMPATIENT;
  const { hostname } = new URL(env["npm_config_registry"] ?? "https://registry.npmjs.org");
  return lookup(hostname).then(
    () => IMPATIENT,
    () => ["--offline"],
  );
}

/** Seconds since the start, on terminals only. */
function showProgress() {
  if (!process.stderr.isTTY) return () => undefined;
  const startedAt = Date.now();
  const timer = setInterval(
    () => process.stderr.write(`\r${Math.round((Date.now() - startedAt) / 1000)} s`),
    1000,
  );
  return () => {
    clearInterval(timer);
    process.stderr.write("\r\u001B[K");
  };
}

/**
 * @typedef {object} Undertaking
 * @property {string} root the project's folder
 * @property {AbortSignal} interrupted
 * @property {(pid: number | undefined) => void} childStarted told npm's process id
 */

/**
 * @param {Undertaking} undertaking
 * @param {readonly string[]} network
 * @returns {Promise<{ output: string, ending: string, ok: boolean }>}
 */
const npmCi = ({ root, interrupted, childStarted }, network) =>
  new Promise((resolve) => {
    const npm = spawn("npm", ["ci", ...ONLY_ERRORS, ...EVERYTHING, ...network], {
      cwd: root,
      env: environmentOutsideNodeModules(root),
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
    childStarted(npm.pid);
    interrupted.addEventListener("abort", () => npm.kill());
    let output = "";
    npm.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    npm.once("error", (error) =>
      resolve({ output, ending: `npm was not found: ${error.message}`, ok: false }),
    );
    npm.once("close", (code, signal) =>
      resolve({
        output,
        ending: signal === null ? `exit code ${code}` : `ended by ${signal}`,
        ok: code === 0,
      }),
    );
  });

/** @param {Undertaking} undertaking */
async function install(undertaking) {
  const { root, interrupted } = undertaking;
  forgetInstalled(root);
  say("Installing what Expedite needs (once, about a minute) …");
  const startedAt = Date.now();
  const { lock, platform } = wanted(root);
  const stopProgress = showProgress();
  const { output, ending, ok } = await npmCi(undertaking, await reachability()).finally(stopProgress);
  interrupted.throwIfAborted();
  const log = join(root, "npm-install.log");
  if (!ok) {
    writeFileSync(log, output);
    throw new Refusal(
      `Could not install: ${whyNpmFailed(output, ending)}. All that npm said: npm-install.log`,
    );
  }
  rmSync(log, { force: true });
  writeStamp(root, { lock, platform, node: findPinnedNode(root) });
  say(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/**
 * Makes node_modules what package-lock.json says, unless it is already. Nothing is fetched or written when it is.
 * Several processes may call this at the same time; one of them installs.
 * @param {string} root the project's folder
 * @param {AbortSignal} interrupted ends npm, too
 * @returns {Promise<string>} the Node to run with
 * @throws {Refusal} in one line, why it cannot be done
 */
export async function ensureInstalled(root, interrupted) {
  const stamp = readStamp(root);
  if (stamp !== undefined) return pinnedNodePath(root, stamp.node);
  return oneAtATime(join(root, ".expedite-install"), {
    interrupted,
    onWait: () => say("Another process is installing what Expedite needs; waiting for it …"),
    work: async (childStarted) => {
      if (readStamp(root) === undefined && installedByHand(root)) {
        writeStamp(root, { ...wanted(root), node: findPinnedNode(root) });
      }
      if (readStamp(root) === undefined) await install({ root, interrupted, childStarted });
      return pinnedNodePath(root, readStamp(root)?.node ?? null);
    },
  });
}
