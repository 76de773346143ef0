import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./refusal.mjs";

/** The oldest that runs TypeScript unbuilt and knows `import.meta.main`. */
const OLDEST_NODE_TO_RUN = [24, 2];

function ownNodeIsNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE_TO_RUN;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The package that carries Node for this machine; each is an optional dependency with `os` and `cpu`. */
const platformPackage = () =>
  `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

/** Present is not enough: on a musl system the binary is there, and cannot be started. */
const starts = (/** @type {string} */ file) => spawnSync(file, ["--version"]).status === 0;

/**
 * The Node to run everything with: the pinned one where there is a package of it for this machine, otherwise the one that
 * runs npm, if it is new enough.
 * @param {string} root
 * @returns {string | null} relative to the project; null for the one that runs npm
 */
export function findPinnedNode(root) {
  const name = platformPackage();
  const file = join("node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(join(root, file)) && starts(join(root, file))) return file;
  if (ownNodeIsNewEnough()) return null;

  const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).optionalDependencies ?? {};
  const oldest = OLDEST_NODE_TO_RUN.join(".");
  if (!(name in pinned)) {
    throw new Refusal(
      `Expedite runs on Node ${oldest} or newer and brings its own, but not for ${process.platform}-${process.arch}: ` +
        `install one from https://nodejs.org (this is ${process.version}).`,
    );
  }
  throw new Refusal(
    existsSync(join(root, file))
      ? `The Node that Expedite brings (${file}) does not start on this system: install Node ${oldest} or newer yourself (this is ${process.version}).`
      : `npm left out ${name}, the Node that Expedite runs on: run this again, or install Node ${oldest} or newer yourself (this is ${process.version}).`,
  );
}

/**
 * @param {string} root
 * @param {string | null} node as `findPinnedNode` gave it, perhaps to a newer Node than this one
 */
export function pinnedNodePath(root, node) {
  if (node !== null) return join(root, node);
  return ownNodeIsNewEnough() ? process.execPath : join(root, String(findPinnedNode(root)));
}
