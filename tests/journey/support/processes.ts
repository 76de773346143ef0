import { readdirSync, readFileSync } from "node:fs";
import { look } from "../../../scripts/bootstrap/processes.mjs";

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Everything that this process started, and what that started, and so on. */
export function descendantsOf(root: number): Process[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const seen = Number.isInteger(pid) ? look(pid) : undefined;
    if (seen === undefined || seen.state === "Z") continue;
    children.set(seen.parent, [...(children.get(seen.parent) ?? []), pid]);
  }
  const found: Process[] = [];
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push({ pid: child, command: commandOf(child) });
      visit(child);
    }
  };
  visit(root);
  return found;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** Sends a signal to a process that may be gone by now. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
