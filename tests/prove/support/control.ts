import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the one who proves tells the worker processes: a file in a folder that both know, because a process that is about to be
 * killed can be told nothing else in time.
 */
export interface Control {
  /** How far ahead of the machine's clock it is in the embedded cloud. */
  readonly offsetMs: number;
  /** Workers die here, once at each, whichever they come past; a kill that happened is marked by a file of its name. */
  readonly kills: readonly Kill[];
  /** Workers note each point they come past. */
  readonly recording: boolean;
}

export interface Kill {
  readonly name: string;
  readonly point: string;
  /** The function whose invocation it is; undefined = whichever comes first. */
  readonly during: string | undefined;
  readonly phase: Phase;
  /** Nobody dies elsewhere before. */
  readonly isFirst?: boolean;
}

/** Before the awaited thing is begun, or after it has settled. */
export const phases = ["before", "after"] as const;
export type Phase = (typeof phases)[number];

export const NOTHING: Control = { offsetMs: 0, kills: [], recording: false };

/** The environment variable that names the folder to the workers. */
export const CONTROL_FOLDER = "EXPEDITE_PROVE_FOLDER";

export const metFile = (folder: string): string => join(folder, "met.log");
export const firedFile = (folder: string, { name }: Kill): string => join(folder, `fired-${name}`);
const controlFile = (folder: string): string => join(folder, "control.json");

export function writeControl(folder: string, control: Control): void {
  const file = controlFile(folder);
  writeFileSync(`${file}.new`, JSON.stringify(control));
  renameSync(`${file}.new`, file);
}

/** Reads it again only when it was written since: workers look at each await, and whenever they look at the clock. */
export function controlReader(folder: string): () => Control {
  const file = controlFile(folder);
  let control = NOTHING;
  let version = "";
  return () => {
    const { ino, mtimeMs } = statSync(file);
    const now = `${ino} ${mtimeMs}`;
    if (now !== version) control = JSON.parse(readFileSync(file, "utf8"));
    version = now;
    return control;
  };
}
