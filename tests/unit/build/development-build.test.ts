import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { developmentBuild } from "../../../scripts/build.ts";

async function useProject(source: string) {
  const root = await mkdtemp(join(tmpdir(), "development-build-"));
  await mkdir(join(root, "functions"));
  await mkdir(join(root, "dist"));
  await writeFile(
    join(root, "package.json"),
    '{ "type": "module", "imports": { "#shared/*": "./functions/*" } }',
  );
  await writeFile(join(root, "functions", "greeting.ts"), 'export const greeting: string = "hello";');
  await writeFile(join(root, "dist", "functions.inputs.json"), "{}");
  const save = (text: string): Promise<void> => writeFile(join(root, "functions", "index.ts"), text);
  await save(source);
  const building = await developmentBuild(root);
  onTestFinished(async () => {
    await building.dispose();
    await rm(root, { recursive: true, force: true });
  });
  const built = (): Promise<string> => readFile(join(root, "dist", "functions", "index.js"), "utf8");
  return { root, building, save, built };
}

const SOURCE =
  'import { app } from "@azure/functions"; import { greeting } from "#shared/greeting.ts"; app.http(greeting, {});';

test("our own sources become one file, packages stay where npm put them", async () => {
  const { building, built } = await useProject(SOURCE);

  await building.rebuild();

  expect(await built()).toContain('from "@azure/functions"');
  expect(await built()).toContain('greeting = "hello"');
});

test("a source that cannot be read is named with its line, and what was built stays", async () => {
  const { building, save, built } = await useProject(SOURCE);
  await building.rebuild();
  const before = await built();

  await save("const x = ;");

  await expect(building.rebuild()).rejects.toThrow("functions/index.ts:1:10");
  expect(await built()).toBe(before);
});

test("what is built in development is never taken for a bundle to start from", async () => {
  const { root } = await useProject(SOURCE);

  expect(existsSync(join(root, "dist", "functions.inputs.json"))).toBe(false);
});
