import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";

const repository = resolve(import.meta.dirname, "../../..");
const platform = `node-${process.platform}-${process.arch}`;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Pretend, too: its name can be looked up without a network, and nothing is asked of it. */
const REGISTRY = "http://localhost";

/** What the pretend npm does; `complete()` leaves what a real `npm ci` leaves at its end. */
export const npm = {
  succeeds: "complete();",
  takesHalfASecond: "setTimeout(complete, 500);",
  hangsHalfway: "mkdirSync('node_modules/half', { recursive: true }); setInterval(() => {}, 1000);",
  endsAfterItsParent: "mkdirSync('node_modules', { recursive: true }); setTimeout(complete, 1500);",
  leavesOutNode: "complete(); rmSync(nodeFolder, { recursive: true });",
  failsWith: (...lines: readonly string[]) =>
    `console.error(${JSON.stringify(lines.map((line) => `npm error ${line}`).join("\n"))}); process.exitCode = 1;`,
};

/** A project in a temporary folder: the real bootstrap, one locked dependency, and a pretend npm first on the PATH. */
export function layProject() {
  const root = mkdtempSync(join(tmpdir(), "expedite-bootstrap-"));
  const at = (...parts: string[]): string => join(root, ...parts);
  const running = new Set<ChildProcess>();
  onTestFinished(async () => {
    for (const child of running) child.kill("SIGKILL");
    await Promise.all([...running].map((child) => once(child, "close")));
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });

  for (const path of ["scripts/bootstrap.mjs", "scripts/bootstrap", "scripts/leave-with-parent.ts"]) {
    cpSync(join(repository, path), at(path), { recursive: true });
  }
  const project = {
    root,
    at,
    lock(version: string): void {
      const packages = { "": {}, "node_modules/thing": { version, integrity: `sha512-${version}` } };
      writeFileSync(at("package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
    },
    script(name: string, code: string): void {
      writeFileSync(at(name), code);
    },
    /** From now on, `npm` does this. */
    npm(behaviour: string): void {
      mkdirSync(at("bin"), { recursive: true });
      writeFileSync(at("bin/npm"), pretendNpm(behaviour), { mode: 0o755 });
    },
    /** The arguments of every npm call so far. */
    npmCalls(): string[] {
      return existsSync(at("npm-calls")) ? readFileSync(at("npm-calls"), "utf8").trimEnd().split("\n") : [];
    },
    start(
      args: readonly string[],
      command = process.execPath,
      env: Record<string, string> = {},
    ): ChildProcess {
      const child = spawn(command, args, {
        cwd: root,
        env: {
          PATH: [at("bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
          npm_config_registry: REGISTRY,
          ...env,
        },
        stdio: ["pipe", "pipe", "pipe"],
      });
      running.add(child);
      child.once("close", () => running.delete(child));
      return child;
    },
    /** Starts the bootstrap and waits for its end. */
    run(...args: string[]): Promise<Ended> {
      return ended(project.start(["scripts/bootstrap.mjs", ...args]));
    },
  };
  writeFileSync(
    at("package.json"),
    JSON.stringify({ type: "module", optionalDependencies: { [platform]: "24.0.0" } }),
  );
  project.lock("1.0.0");
  project.script(
    "hello.ts",
    `const words: string[] = process.argv.slice(2); console.log("hello", ...words);`,
  );
  project.npm(npm.succeeds);
  return project;
}

const pretendNpm = (behaviour: string): string => `#!${process.execPath}
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
const nodeFolder = "node_modules/${platform}";
appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
rmSync("node_modules", { recursive: true, force: true });
const complete = () => {
  mkdirSync(nodeFolder + "/bin", { recursive: true });
  mkdirSync("node_modules/thing", { recursive: true });
  symlinkSync(${JSON.stringify(process.execPath)}, nodeFolder + "/bin/node");
  writeFileSync("node_modules/.package-lock.json", readFileSync("package-lock.json"));
};
${behaviour}
`;

export async function ended(child: ChildProcess): Promise<Ended> {
  const text = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
  await once(child, "close");
  return { code: child.exitCode, signal: child.signalCode, ...text };
}

/** The first line that the process writes to stdout. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n", 1)[0] ?? "";
}
