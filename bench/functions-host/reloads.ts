import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { environment, folder, median, row } from "./processes.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const ROUNDS = 12;
/** Nobody saves more often; the next reload must find what the last one left. */
const BETWEEN_SAVES_MS = 1500;
const ASK_EVERY_MS = 2;
const PORT_OFFSET = 23_000;

/** What `npm run dev` makes of a saved file, in a copy of the whole project with everything beside it; `node --watch` is the baseline. */
export async function reloads(): Promise<void> {
  const bare = await nodeWatch();
  row(["node --watch, bare node:http", median(bare).toFixed(0)]);
  const times = await development();
  row([
    "npm run dev, this project's app",
    median(times).toFixed(0),
    "",
    `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`,
  ]);
}

async function development(): Promise<number[]> {
  const copy = join(folder, "project");
  mkdirSync(copy);
  for (const part of [
    "functions",
    "shared",
    "local",
    "scripts",
    "package.json",
    "host.json",
    "local.settings.sample.json",
  ]) {
    cpSync(join(project, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"), "dir");
  const dev = spawn(process.execPath, ["scripts/dev.ts"], {
    cwd: copy,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...environment, EXPEDITE_HOME: join(folder, "home"), EXPEDITE_PORT_OFFSET: String(PORT_OFFSET) },
  });
  await said(dev, '"event":"ready"');
  const file = join(copy, "functions", "health.ts");
  const text = readFileSync(file, "utf8");
  const save = (version: string): void =>
    writeFileSync(file, text.replace('status: "ok", checks: {}', `status: "${version}", checks: {}`));
  const times = await measured(`http://127.0.0.1:${7071 + PORT_OFFSET}/api/health/live`, save);
  dev.kill("SIGTERM");
  await once(dev, "exit");
  return times;
}

async function nodeWatch(): Promise<number[]> {
  const file = join(folder, "watched.mjs");
  const port = 7070 + PORT_OFFSET;
  const save = (version: string): void =>
    writeFileSync(
      file,
      `import { createServer } from "node:http"; createServer((request, response) => response.end("${version}")).listen(${port}, "127.0.0.1", () => console.log("up"));`,
    );
  save("first");
  const watching = spawn(process.execPath, ["--watch", file], {
    stdio: ["ignore", "pipe", "ignore"],
    env: environment,
  });
  await said(watching, "up");
  const times = await measured(`http://127.0.0.1:${port}/`, save);
  watching.kill("SIGTERM");
  await once(watching, "exit");
  return times;
}

async function said({ stdout }: ChildProcess, words: string): Promise<void> {
  let heard = "";
  for await (const chunk of stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    heard += String(chunk);
    if (heard.includes(words)) break;
  }
  stdout?.resume();
}

async function measured(url: string, save: (version: string) => void): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(BETWEEN_SAVES_MS);
    const version = `version-${round}`;
    const savedAt = performance.now();
    save(version);
    while (!(await answerOf(url)).includes(version)) await sleep(ASK_EVERY_MS);
    times.push(performance.now() - savedAt);
  }
  return times;
}

/** Between two processes on one port there is nobody to answer. */
async function answerOf(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return "";
  }
}
