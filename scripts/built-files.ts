import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface BuiltFile {
  /** Absolute. */
  readonly path: string;
  readonly contents: Uint8Array;
}

/**
 * Makes `folder` hold exactly these files. What is right already is left alone, and a file is replaced in one step:
 * an app that runs from this folder may load a part of itself at any moment.
 */
export function replaceFiles(folder: string, files: readonly BuiltFile[]): void {
  writeFiles(files);
  const wanted = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    const isDraft = path.endsWith(".new");
    if (!wanted.has(path) && !isDraft && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      rmSync(path, { force: true });
  }
}

/** Takes nothing away: an app of before may still load what it has not needed so far. */
export function writeFiles(files: readonly BuiltFile[]): void {
  for (const { path, contents } of files) {
    if (holds(path, contents)) continue;
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}.new`;
    writeFileSync(draft, contents);
    renameSync(draft, path);
  }
}

function holds(path: string, contents: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(contents);
  } catch {
    return false;
  }
}

const stateOf = (root: string, path: string): string => {
  const { mtimeMs, size } = statSync(join(root, path));
  return `${size}:${mtimeMs}`;
};

export interface Build {
  readonly root: string;
  /** Paths below the root, as are the results'. */
  readonly sources: readonly string[];
  readonly results: readonly string[];
  readonly startedAtMs: number;
}

/**
 * Remembers what was built from what, each file by its size and time of change. Where a source changed while the build
 * ran, nobody knows which state it saw, and nothing is remembered.
 */
export function writeInputs(file: string, { root, sources, results, startedAtMs }: Build): void {
  rmSync(file, { force: true });
  if (sources.some((path) => statSync(join(root, path)).mtimeMs >= startedAtMs)) return;
  const states = [...sources, ...results].map((path) => [path, stateOf(root, path)] as const);
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, JSON.stringify(Object.fromEntries(states)));
  renameSync(draft, file);
}

/** Whether the last build's sources and results are all still as they were then. */
export function inputsUnchanged(file: string, root: string): boolean {
  try {
    const states: Readonly<Record<string, string>> = JSON.parse(readFileSync(file, "utf8"));
    return Object.entries(states).every(([path, state]) => stateOf(root, path) === state);
  } catch {
    return false;
  }
}
