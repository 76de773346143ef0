import { readFileSync } from "node:fs";
import type { Cloud } from "#local/cloud/index.ts";

const TICK_MS = 10;

/** User and system time of a process so far, in milliseconds. Linux only. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

const nicenessOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[16]);

/** CPU time by process; the workers of the Functions host are told apart by their niceness. */
export function cpuByProcess(cloud: Cloud): Map<string, number> {
  const times = new Map<string, number>();
  for (const [name, part] of cloud.parts) {
    const pid = part.pid();
    if (pid === undefined) continue;
    times.set(name === "functions" ? "functions host" : name, cpuMsOf(pid));
    if (name !== "functions") continue;
    for (const worker of childrenOf(pid)) {
      times.set(nicenessOf(worker) > 0 ? "worker (queues)" : "worker (http)", cpuMsOf(worker));
    }
  }
  return times;
}
