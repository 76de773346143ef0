import { readFileSync } from "node:fs";

/**
 * @param {number | "self"} pid
 * @returns {{ state: string, parent: number, group: number, foregroundGroup: number } | undefined} undefined where there is no
 *   such process, and on systems without /proc
 */
export function look(pid) {
  try {
    // "pid (name) state parent group session terminal foreground-group …"; the name may hold spaces and parentheses.
    const [state = "", ...numbers] =
      readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [parent = 0, group = 0, , , foregroundGroup = 0] = numbers.map(Number);
    return { state, parent, group, foregroundGroup };
  } catch {
    return undefined;
  }
}

/** In a container whose first process does not collect the dead, they stay in the table for good: those are not alive. */
export function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return look(pid)?.state !== "Z";
}
