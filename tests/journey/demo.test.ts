import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { projectRoot } from "../../scripts/expedite.ts";
import { freePortOffset } from "./support/place.ts";

const LONGEST_MS = 150_000;

test(
  "the demonstration ends with every promise kept",
  async () => {
    const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "demo"], {
      cwd: projectRoot,
      env: { ...process.env, EXPEDITE_PORT_OFFSET: String(await freePortOffset()) },
      timeout: LONGEST_MS,
    });
    expect(stdout).not.toContain("✗");
    expect(stdout.trimEnd().split("\n").at(-1)).toContain("Every promise kept.");
  },
  LONGEST_MS,
);
