import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { watchFolders } from "#local/functions-host/watch/watch-folders.ts";

async function useWatchedFolder() {
  const folder = await mkdtemp(join(tmpdir(), "watch-folders-"));
  await mkdir(join(folder, "deep", "deeper"), { recursive: true });
  const seen = new Set<string>();
  const stop = watchFolders([folder], /^\.|\.new$/, (path) => seen.add(relative(folder, path)));
  onTestFinished(async () => {
    stop();
    await rm(folder, { recursive: true, force: true });
  });
  /** Writes as editors do: a draft first, which then takes the file's place. */
  const save = async (path: string): Promise<void> => {
    await writeFile(join(folder, `${path}.new`), "x");
    await rename(join(folder, `${path}.new`), join(folder, path));
  };
  return { folder, seen, save };
}

test("a file that is replaced again and again is noticed each time, however deep it lies", async () => {
  const { seen, save } = await useWatchedFolder();

  for (const _ of [1, 2, 3]) {
    seen.clear();
    await save("deep/deeper/a.ts");
    await vi.waitFor(() => expect([...seen]).toEqual([join("deep", "deeper", "a.ts")]));
  }
});

test("a folder that comes later is watched too, and what is ignored stays unnoticed", async () => {
  const { folder, seen, save } = await useWatchedFolder();

  await writeFile(join(folder, ".hidden"), "x");
  await mkdir(join(folder, "late"));
  await vi.waitFor(() => expect([...seen]).toEqual(["late"]));
  await save("late/b.ts");

  await vi.waitFor(() => expect(seen).toContain(join("late", "b.ts")));
  expect([...seen].filter((path) => path.includes("hidden"))).toEqual([]);
});
