import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { useFolder } from "./host-under-test.ts";

const nodeModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

export const esmPackage = (main: string): string => JSON.stringify({ name: "app", type: "module", main });

/** Writes a function app into a folder of its own: `files` by path, host.json with defaults unless given. */
export async function useApp(files: Readonly<Record<string, string>>): Promise<string> {
  const appRoot = await useFolder();
  await symlink(nodeModules, join(appRoot, "node_modules"), "dir");
  const whole = { "host.json": '{ "version": "2.0" }', "package.json": esmPackage("index.ts"), ...files };
  for (const [path, content] of Object.entries(whole)) {
    await mkdir(dirname(join(appRoot, path)), { recursive: true });
    await writeFile(join(appRoot, path), content);
  }
  return appRoot;
}
