/**
 * Puts what is deployed, and nothing else, into `dist/app`: the bundle, host.json and a package.json without dependencies,
 * since the bundle holds them. For azd and for the Dockerfile: `node scripts/deployment-package.ts`.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "./build.ts";

/** @returns the folder, which is replaced. */
export async function packageApp(appRoot: string): Promise<string> {
  await buildApp(appRoot);
  const folder = join(appRoot, "dist", "app");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(appRoot, "dist", "functions"), join(folder, "dist", "functions"), { recursive: true });
  cpSync(join(appRoot, "host.json"), join(folder, "host.json"));
  const { name, version, type, main } = JSON.parse(readFileSync(join(appRoot, "package.json"), "utf8"));
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name, version, private: true, type, main }, null, 2)}\n`,
  );
  return folder;
}

if (import.meta.main) console.log(await packageApp(process.cwd()));
