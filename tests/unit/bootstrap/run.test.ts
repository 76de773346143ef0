import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isAlive } from "../../../scripts/bootstrap/processes.mjs";
import { ended, firstLine, layProject } from "./temp-project.ts";

const SOON = { timeout: 5000 };
const reportPid = `console.log(process.pid); setInterval(() => undefined, 1000);`;
/** Does not listen to SIGTERM, as a script that hangs. */
const deaf = `process.on("SIGTERM", () => undefined); ${reportPid}`;

async function installed(script: string) {
  const project = layProject();
  project.script("script.ts", script);
  await project.run("hello.ts");
  return project;
}

test("a Node that is too old is refused in one line, before anything is installed", async () => {
  const project = layProject();
  const old = `data:text/javascript,Object.defineProperty(process,"version",{value:"v12.22.0"})`;
  const { code, stdout, stderr } = await ended(
    project.start(["--import", old, "scripts/bootstrap.mjs", "hello.ts"]),
  );
  expect(stderr).toBe(
    "Expedite needs Node 20 or newer to bootstrap (this is v12.22.0). Get it from https://nodejs.org\n",
  );
  expect({ code, stdout, calls: project.npmCalls() }).toEqual({ code: 1, stdout: "", calls: [] });
});

test("what an old Node has to parse holds nothing that it cannot", () => {
  const source = readFileSync("scripts/bootstrap.mjs", "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
  expect(source).not.toMatch(
    /\?\.|\?\?|\|\|=|&&=|^import |from "|import\("node:|\bawait\b|#\w|\bclass\b|\d_\d/m,
  );
});

test("output, input, arguments and exit code are the script's own", async () => {
  const project = await installed(`
    process.stdin.once("data", (text) => {
      process.stdout.write(process.argv.slice(2).join("|") + " " + text);
      process.stderr.write("and so on");
      process.exit(7);
    });`);
  const child = project.start(["scripts/bootstrap.mjs", "script.ts", "--flag", "two words"]);
  child.stdin?.end("said");
  expect(await ended(child)).toEqual({
    code: 7,
    signal: null,
    stdout: "--flag|two words said",
    stderr: "and so on",
  });
});

test("a script that a signal ended looks the same from outside", async () => {
  const project = await installed(`process.kill(process.pid, "SIGKILL");`);
  expect((await project.run("script.ts")).signal).toBe("SIGKILL");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s reaches the script once, echoes dropped",
  async (signal) => {
    const project = await installed(`
    let times = 0;
    process.on("${signal}", () => {
      times += 1;
      setTimeout(() => { console.log(times); process.exit(5); }, 300);
    });
    console.log("ready");
    setInterval(() => undefined, 1000);`);
    const child = project.start(["scripts/bootstrap.mjs", "script.ts"]);
    const end = ended(child);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill(signal);
    expect(await end).toMatchObject({ code: 5, stdout: "ready\n1\n" });
  },
);

test("the script ends when the bootstrap is killed", async () => {
  const project = await installed(reportPid);
  const child = project.start(["scripts/bootstrap.mjs", "script.ts"]);
  const pid = Number(await firstLine(child));
  child.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), SOON).toBe(false);
});

test("a script that does not listen ends too when the bootstrap is killed", async () => {
  const project = await installed(deaf);
  const child = project.start(["scripts/bootstrap.mjs", "script.ts"]);
  const pid = Number(await firstLine(child));
  child.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), SOON).toBe(false);
});

test("the script ends when what started the bootstrap is killed", async () => {
  const project = await installed(reportPid);
  const shell = project.start(["-c", "node scripts/bootstrap.mjs script.ts; true"], "/bin/sh");
  const pid = Number(await firstLine(shell));
  shell.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), SOON).toBe(false);
});

test("the script ends when npm is killed and the shell between lives on", async () => {
  const project = await installed(reportPid);
  project.script(
    "npm.mjs",
    `
    import { spawn } from "node:child_process";
    spawn("/bin/sh", ["-c", "node scripts/bootstrap.mjs script.ts; true"], { stdio: "inherit" });`,
  );
  const pretendNpm = project.start(["npm.mjs"], process.execPath, { npm_lifecycle_event: "start" });
  const pid = Number(await firstLine(pretendNpm));
  pretendNpm.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), SOON).toBe(false);
});

test("the script runs on to its end in peace, and nothing but its own work keeps it alive", async () => {
  const project = await installed(`setTimeout(() => console.log("done"), 700);`);
  expect(await project.run("script.ts")).toMatchObject({ code: 0, stdout: "done\n" });
});

test("what the script forks gets its own parent, not ours", async () => {
  const project = await installed(`
    import { fork } from "node:child_process";
    if (process.argv[2] === "child") { console.log(JSON.stringify(process.execArgv)); process.disconnect(); }
    else fork(import.meta.filename, ["child"]);`);
  expect(await project.run("script.ts")).toMatchObject({ code: 0, stdout: "[]\n" });
});
