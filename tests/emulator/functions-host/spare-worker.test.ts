import { mkdir, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { eventually, type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";

const azurePackages = join(createRequire(import.meta.url).resolve("@azure/functions/package.json"), "../..");

const Times = z.object({ version: z.string(), pid: z.int(), startedAt: z.number(), loadedAt: z.int() });

/** Tells when its process began and when the app was loaded in it. Its package leaves a file for each process that imports it. */
const source = (version: string, form: "module" | "commonjs"): string => `
  ${form === "module" ? 'import { app } from "@azure/functions"; import "noted";' : 'const { app } = require("@azure/functions"); require("noted");'}
  const loadedAt = Date.now();
  app.http("times", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ jsonBody: {
    version: "${version}", pid: process.pid, startedAt: performance.timeOrigin, loadedAt } }) });`;

async function useAppWithPackage(form: "module" | "commonjs" = "module") {
  const appRoot = await useFolder();
  const files = {
    "package.json": JSON.stringify({ name: "app", type: form, main: "src/index.js" }),
    "host.json": '{ "version": "2.0" }',
    "node_modules/noted/package.json": '{ "name": "noted", "type": "module", "main": "index.js" }',
    "node_modules/noted/index.js": `
      import { mkdirSync, writeFileSync } from "node:fs";
      mkdirSync(new URL("processes/", import.meta.url), { recursive: true });
      writeFileSync(new URL("processes/" + process.pid, import.meta.url), "");`,
    "src/index.js": source("first", form),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(appRoot, path)), { recursive: true });
    await writeFile(join(appRoot, path), content);
  }
  await symlink(azurePackages, join(appRoot, "node_modules/@azure"), "dir");
  const host = await useHost({ appRoot, watch: true, scale: { grouping: "app" } });
  const importers = async (): Promise<number[]> =>
    (await readdir(join(appRoot, "node_modules/noted/processes"))).map(Number);
  /** The process that has imported the package since these did. */
  const nextImporter = (known: readonly number[]): Promise<number> =>
    eventually(async () => (await importers()).find((pid) => !known.includes(pid)));
  /** In one step, as careful editors do: half a file would take the process that stands by. */
  const save = async (version: string): Promise<void> => {
    await writeFile(join(appRoot, "src/index.js.new"), source(version, form));
    await rename(join(appRoot, "src/index.js.new"), join(appRoot, "src/index.js"));
  };
  return { host, nextImporter, save };
}

const times = async (host: HostUnderTest) => Times.parse(await (await fetch(`${host.url}/api/times`)).json());

const version = (host: HostUnderTest, wanted: string) =>
  eventually(async () => {
    const found = await times(host);
    return found.version === wanted ? found : undefined;
  });

test.for(["module", "commonjs"] as const)(
  "a saved file (%s) goes to a process that stood by with the app's packages loaded, and nothing of the app",
  async (form) => {
    const { host, nextImporter, save } = await useAppWithPackage(form);
    const spare = await nextImporter(host.workers());

    const savedAt = Date.now();
    await save("second");
    const after = await version(host, "second");

    expect(after.pid).toBe(spare);
    expect(after.startedAt).toBeLessThan(savedAt);
    expect(after.loadedAt).toBeGreaterThanOrEqual(savedAt);
  },
);

test("a process that stands by is no instance, and is gone with the host", async () => {
  const { host, nextImporter } = await useAppWithPackage();
  const spare = await nextImporter(host.workers());

  const page: unknown = await (
    await fetch(`${host.url}/admin/host/scale`, { headers: { "x-functions-key": host.masterKey } })
  ).json();

  expect(host.workers()).toHaveLength(1);
  expect(host.workers()).not.toContain(spare);
  expect(page).toMatchObject({ groups: [{ instances: 1 }] });
  await host.stop();
  await eventually(() => (isGone(spare) ? true : undefined));
});

test("where the process that stood by has died, another stands by, and nobody notices", async () => {
  const { host, nextImporter, save } = await useAppWithPackage();
  const known = host.workers();
  const first = await nextImporter(known);

  process.kill(first, "SIGKILL");
  const second = await nextImporter([...known, first]);
  await save("second");

  expect((await version(host, "second")).pid).toBe(second);
  expect(host.lines.filter(({ event }) => event === "worker exited")).toEqual([]);
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
