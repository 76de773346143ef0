import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string[]} [libc]
 */

/**
 * Written last, so its presence means that an install got to its end.
 * @typedef {object} Stamp
 * @property {string} lock hash of the package-lock.json that is installed
 * @property {string} platform operating system and processor that it was installed for
 * @property {string | null} node the pinned Node, relative to the project; null: the one that runs npm serves
 */

const stampFile = (/** @type {string} */ root) => join(root, "node_modules", ".expedite-installed.json");
/** npm's own record of what is in node_modules. npm, too, writes it last. */
const npmRecord = (/** @type {string} */ root) => join(root, "node_modules", ".package-lock.json");

/** @returns {any} the parsed file, or undefined when it is missing or torn */
function readJson(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} root
 * @returns {Pick<Stamp, "lock" | "platform">} what has to be installed here
 */
export function wanted(root) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return { lock, platform: `${process.platform}-${process.arch}` };
}

/**
 * @param {string} root
 * @returns {Stamp | undefined} undefined when something has to be installed
 */
export function readStamp(root) {
  /** @type {Stamp | undefined} */
  const stamp = readJson(stampFile(root));
  const { lock, platform } = wanted(root);
  if (stamp?.lock !== lock || stamp.platform !== platform || !existsSync(npmRecord(root))) return undefined;
  if (stamp.node !== null && !existsSync(join(root, stamp.node))) return undefined;
  return stamp;
}

/**
 * @param {string} root
 * @param {Stamp} stamp
 */
export function writeStamp(root, stamp) {
  const draft = `${stampFile(root)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(stamp));
  renameSync(draft, stampFile(root));
}

/** What is in node_modules no longer counts, whatever happens next. */
export function forgetInstalled(/** @type {string} */ root) {
  rmSync(stampFile(root), { force: true });
  rmSync(npmRecord(root), { force: true });
}

/** Which C library a system has is not worth finding out here: such a package may be absent. */
const isForThisMachine = (/** @type {LockedPackage} */ { os = [], cpu = [], libc }) =>
  libc === undefined && os.includes(process.platform) && cpu.includes(process.arch);

/**
 * True when somebody ran npm by hand and exactly the locked packages are there: then there is nothing to install.
 * @param {string} root
 */
export function installedByHand(root) {
  /** @type {Record<string, LockedPackage> | undefined} */
  const present = readJson(npmRecord(root))?.packages;
  /** @type {Record<string, LockedPackage> | undefined} */
  const locked = readJson(join(root, "package-lock.json"))?.packages;
  if (present === undefined || locked === undefined) return false;
  return Object.entries(locked).every(([path, wantedPackage]) => {
    if (path === "") return true;
    const found = present[path];
    if (found === undefined || !existsSync(join(root, path))) {
      return wantedPackage.optional === true && !isForThisMachine(wantedPackage);
    }
    return found.version === wantedPackage.version && found.integrity === wantedPackage.integrity;
  });
}
