import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The processes that are measured, a folder for what they keep, and the table they end up in. */
export const folder = mkdtempSync(join(tmpdir(), "functions-host-bench-"));
const children: ChildProcess[] = [];

export const at = (file: string): string => join(import.meta.dirname, file);

export interface Started {
  readonly pid: number;
  readonly port: number;
  readonly workers: readonly number[];
  readonly masterKey?: string;
}

/** As npm start has it: what Node compiled once it does not compile again. */
export const environment = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compile-cache") };

/** Starts a script that tells of itself in one line of JSON. */
export async function start(file: string, ...args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", at(file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: environment,
  });
  children.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk) => resolve(String(chunk)));
    child.once("exit", () => reject(new Error(`${file} ended`)));
  });
  return { ...JSON.parse(line), pid: child.pid ?? 0 };
}

export async function end({ pid }: Started): Promise<void> {
  const child = children.find((each) => each.pid === pid);
  const gone = new Promise((resolve) => child?.once("exit", resolve));
  child?.kill("SIGTERM");
  await gone;
}

export const startHost = (appRoot: string, more: object = {}): Promise<Started> =>
  start(
    "host-process.ts",
    JSON.stringify({ appRoot, dataFolder: mkdtempSync(join(folder, "data-")), settings: {}, ...more }),
  );

export function dropEverything(): void {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

export const row = (cells: readonly (string | number)[]): void => {
  console.log(cells.map((cell, column) => String(cell).padStart(column === 0 ? 44 : 12)).join(""));
};

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
