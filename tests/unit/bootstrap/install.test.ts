import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isAlive } from "../../../scripts/bootstrap/processes.mjs";
import { ended, layProject, npm } from "./temp-project.ts";

const NOTICE = "Installing what Expedite needs (once, about a minute) …";

test("the first run says that it installs, and then runs the script", async () => {
  const project = layProject();
  const { code, stdout, stderr } = await project.run("hello.ts", "you");
  expect(stdout).toBe("hello you\n");
  expect(stderr.split("\n")[0]).toBe(NOTICE);
  expect(code).toBe(0);
});

test("the second run installs nothing and says nothing", async () => {
  const project = layProject();
  await project.run("hello.ts");
  const { stdout, stderr } = await project.run("hello.ts", "again");
  expect({ stdout, stderr }).toEqual({ stdout: "hello again\n", stderr: "" });
  expect(project.npmCalls()).toHaveLength(1);
});

test("the tools are installed whatever NODE_ENV and npm's settings leave out", async () => {
  const project = layProject();
  await project.run("hello.ts");
  expect(project.npmCalls()[0]).toMatch(/^ci .*--include=dev --include=optional/);
});

test("without a network npm is told so, and not left to try each package again and again", async () => {
  const project = layProject();
  const nowhere = { npm_config_registry: "http://no..such..host" };
  await ended(project.start(["scripts/bootstrap.mjs", "hello.ts"], process.execPath, nowhere));
  expect(project.npmCalls()[0]).toMatch(/ --offline$/);
});

test("a changed lock file is installed", async () => {
  const project = layProject();
  await project.run("hello.ts");
  project.lock("2.0.0");
  const { stderr } = await project.run("hello.ts");
  expect(stderr).toContain(NOTICE);
  expect(project.npmCalls()).toHaveLength(2);
});

test("what was installed for another kind of machine is installed again", async () => {
  const project = layProject();
  await project.run("hello.ts");
  const file = project.at("node_modules/.expedite-installed.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(process.platform, "plan9"));
  rmSync(project.at("node_modules/thing"), { recursive: true });
  await project.run("hello.ts");
  expect(project.npmCalls()).toHaveLength(2);
});

test("what somebody installed by hand is taken as it is", async () => {
  const project = layProject();
  await project.run("hello.ts");
  rmSync(project.at("node_modules/.expedite-installed.json"));
  const { stdout, stderr } = await project.run("hello.ts");
  expect({ stdout, stderr }).toEqual({ stdout: "hello\n", stderr: "" });
  expect(project.npmCalls()).toHaveLength(1);
});

test("what somebody installed by hand from another lock file is not taken", async () => {
  const project = layProject();
  await project.run("hello.ts");
  rmSync(project.at("node_modules/.expedite-installed.json"));
  project.lock("2.0.0");
  await project.run("hello.ts");
  expect(project.npmCalls()).toHaveLength(2);
});

test("an install that was killed halfway is done again", async () => {
  const project = layProject();
  project.npm(npm.hangsHalfway);
  const killed = project.start(["scripts/bootstrap.mjs", "hello.ts"]);
  await expect.poll(() => existsSync(project.at("node_modules/half"))).toBe(true);
  const [npmProcess] = childrenOf(killed.pid ?? 0);
  killed.kill("SIGKILL");
  process.kill(npmProcess ?? 0, "SIGKILL");

  project.npm(npm.succeeds);
  const { stdout, code } = await project.run("hello.ts");
  expect({ stdout, code }).toEqual({ stdout: "hello\n", code: 0 });
  expect(existsSync(project.at("node_modules/half"))).toBe(false);
});

test("an npm that outlives its killed bootstrap is waited for, not joined by a second one", async () => {
  const project = layProject();
  project.npm(npm.endsAfterItsParent);
  const killed = project.start(["scripts/bootstrap.mjs", "hello.ts"]);
  await expect.poll(() => existsSync(project.at("node_modules"))).toBe(true);
  killed.kill("SIGKILL");
  const { stdout, stderr } = await project.run("hello.ts");
  expect(stdout).toBe("hello\n");
  expect(stderr).toBe("Another process is installing what Expedite needs; waiting for it …\n");
  expect(project.npmCalls()).toHaveLength(1);
});

test("a signal during the install ends npm too, and leaves nothing that counts as installed", async () => {
  const project = layProject();
  project.npm(npm.hangsHalfway);
  const child = project.start(["scripts/bootstrap.mjs", "hello.ts"]);
  const end = ended(child);
  await expect.poll(() => existsSync(project.at("node_modules/half"))).toBe(true);
  const [npmProcess = 0] = childrenOf(child.pid ?? 0);
  child.kill("SIGTERM");
  expect(await end).toMatchObject({ signal: "SIGTERM", stderr: `${NOTICE}\n` });
  expect(isAlive(npmProcess)).toBe(false);
  expect(existsSync(project.at(".expedite-install"))).toBe(false);
});

test("an install whose terminal is gone ends, and the script does not start for nobody", async () => {
  const project = layProject();
  project.npm(npm.hangsHalfway);
  const shell = project.start(["-c", "node scripts/bootstrap.mjs hello.ts; true"], "/bin/sh");
  await expect.poll(() => existsSync(project.at("node_modules/half"))).toBe(true);
  const [bootstrap = 0] = childrenOf(shell.pid ?? 0);
  shell.kill("SIGKILL");
  await expect.poll(() => isAlive(bootstrap), { timeout: 5000 }).toBe(false);
  expect(existsSync(project.at(".expedite-install"))).toBe(false);
});

test("of several started at the same time one installs, and all run", async () => {
  const project = layProject();
  project.npm(npm.takesHalfASecond);
  const runs = await Promise.all(["a", "b", "c"].map((word) => project.run("hello.ts", word)));
  expect(runs.map(({ stdout }) => stdout)).toEqual(["hello a\n", "hello b\n", "hello c\n"]);
  expect(project.npmCalls()).toHaveLength(1);
  expect(existsSync(project.at(".expedite-install"))).toBe(false);
});

test.each([
  [
    "without network",
    npm.failsWith("code ENOTFOUND", "network getaddrinfo ENOTFOUND r.example"),
    "cannot be reached",
  ],
  [
    "with a registry that refuses",
    npm.failsWith("code E403", "403 Forbidden - GET /thing"),
    "registry refused (E403: 403",
  ],
  ["on a full disk", npm.failsWith("code ENOSPC", "nospc no space left on device"), "the disk is full"],
  ["for a reason unknown to us", npm.failsWith("something odd"), "npm failed (exit code 1: something odd)"],
])("an install that fails %s is explained in one line", async (_case, behaviour, explanation) => {
  const project = layProject();
  project.npm(behaviour);
  const { code, stdout, stderr } = await project.run("hello.ts");
  const [notice, line, ...rest] = stderr.split("\n");
  expect(notice).toBe(NOTICE);
  expect(line).toMatch(/^Could not install: /);
  expect(line).toContain(explanation);
  expect({ rest, stdout, code }).toEqual({ rest: [""], stdout: "", code: 1 });
});

test("after a failed install the next run tries again", async () => {
  const project = layProject();
  project.npm(npm.failsWith("code ENOTFOUND"));
  await project.run("hello.ts");
  project.npm(npm.succeeds);
  expect((await project.run("hello.ts")).stdout).toBe("hello\n");
});

test("a machine without npm is told so", async () => {
  const project = layProject();
  rmSync(project.at("bin"), { recursive: true });
  const child = project.start(["scripts/bootstrap.mjs", "hello.ts"], process.execPath, {
    PATH: project.at("bin"),
  });
  let stderr = "";
  for await (const chunk of child.stderr ?? []) stderr += String(chunk);
  expect(stderr).toContain("Could not install: npm failed (npm was not found: spawn npm ENOENT)");
});

test("a Node that npm left out is not taken as installed, unless this one is new enough to serve", async () => {
  const project = layProject();
  project.npm(npm.leavesOutNode);
  mkdirSync(project.at("node_modules"));
  const old = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})`;
  const child = project.start(["--import", old, "scripts/bootstrap.mjs", "hello.ts"]);
  let stderr = "";
  for await (const chunk of child.stderr ?? []) stderr += String(chunk);
  expect(stderr.split("\n")[1]).toMatch(
    /^npm left out node-\S+, the Node that Expedite runs on: run this again, or /,
  );
  expect(existsSync(project.at("node_modules/.expedite-installed.json"))).toBe(false);
  expect((await project.run("hello.ts")).stdout).toBe("hello\n");
});

/** Process ids; Linux only, as are the machines that run this. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}
