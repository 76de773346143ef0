import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./processes.mjs";

/**
 * A lock in the shape of a folder that holds one file, named at random by its owner. Taking it is renaming a folder prepared
 * aside to the name of the lock, which fails while the lock is there with its file; a lock whose owner died is freed by deleting that one file,
 * which only one of several can do. So no two ever hold it, whoever dies when.
 */
const HEARTBEAT_MS = 1000;
/** Many missed heartbeats: long enough for a machine that swaps or was asleep. */
const SILENT_IS_DEAD_AFTER_MS = 15_000;

const lives = (/** @type {number | undefined} */ pid) => pid !== undefined && isAlive(pid);

/** @template T @param {() => T} work @returns {T | undefined} */
const orNothing = (work) => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** No install takes this long; its process id has been given to somebody else. */
const DEAD_FOR_SURE_AFTER_MS = 15 * 60_000;

/** Deletes the file of an owner that neither lives nor has a child that still works in the folder. */
function freeIfAbandoned(/** @type {string} */ folder) {
  for (const name of orNothing(() => readdirSync(folder)) ?? []) {
    const file = join(folder, name);
    const silentForMs = Date.now() - (orNothing(() => statSync(file).mtimeMs) ?? Date.now());
    /** @type {{ owner?: number, child?: number }} */
    const holder = orNothing(() => JSON.parse(readFileSync(file, "utf8"))) ?? {};
    // The holder may live in another container, where its process ids mean nothing to us; its heartbeat does.
    const ownerIsGone =
      silentForMs > SILENT_IS_DEAD_AFTER_MS || (silentForMs > 2 * HEARTBEAT_MS && !lives(holder.owner));
    const childIsGone = silentForMs > DEAD_FOR_SURE_AFTER_MS || !lives(holder.child);
    if (ownerIsGone && childIsGone) orNothing(() => unlinkSync(file));
  }
  orNothing(() => rmdirSync(folder));
}

/** @returns {string | undefined} the own file in the lock, if the lock was free */
function tryToTake(/** @type {string} */ folder) {
  const name = randomUUID();
  const draft = `${folder}.${name}`;
  mkdirSync(draft);
  writeFileSync(join(draft, name), JSON.stringify({ owner: process.pid }));
  try {
    renameSync(draft, folder);
    return join(folder, name);
  } catch {
    rmSync(draft, { recursive: true, force: true });
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {Pick<Task<unknown>, "onWait" | "interrupted">} task
 */
async function take(folder, { onWait, interrupted }) {
  for (let waited = false; ; waited = true) {
    const own = tryToTake(folder);
    if (own !== undefined) return own;
    freeIfAbandoned(folder);
    if (!waited) onWait();
    await sleep(250, undefined, { signal: interrupted });
  }
}

/**
 * @template T
 * @typedef {object} Task
 * @property {AbortSignal} interrupted ends the waiting; `work` minds it itself
 * @property {() => void} onWait called once, if somebody else holds the lock
 * @property {(childStarted: (pid: number | undefined) => void) => Promise<T>} work
 */

/**
 * Runs `work` while no other process on this folder does. `work` may name a child process which keeps the lock
 * taken if this process dies and the child does not.
 * @template T
 * @param {string} folder
 * @param {Task<T>} task
 * @returns {Promise<T>}
 */
export async function oneAtATime(folder, task) {
  const own = await take(folder, task);
  const heartbeat = setInterval(() => {
    const now = new Date();
    orNothing(() => utimesSync(own, now, now));
  }, HEARTBEAT_MS);
  try {
    return await task.work((child) => writeFileSync(own, JSON.stringify({ owner: process.pid, child })));
  } finally {
    clearInterval(heartbeat);
    rmSync(own, { force: true });
    orNothing(() => rmdirSync(folder));
  }
}
