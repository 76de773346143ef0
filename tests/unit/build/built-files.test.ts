import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inputsUnchanged, replaceFiles, writeInputs } from "../../../scripts/built-files.ts";

function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "expedite-build-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const file = (path: string, text: string) => ({ path, contents: Buffer.from(text) });

test("a new build leaves alone what is right, replaces what is not, and removes what is no longer made", () => {
  const folder = useFolder();
  const [kept, changed, gone] = ["kept.js", "chunks/changed.js", "chunks/gone.js"].map((name) =>
    join(folder, name),
  );
  if (kept === undefined || changed === undefined || gone === undefined) throw new Error("three names");
  replaceFiles(folder, [file(kept, "1"), file(changed, "1"), file(gone, "1")]);
  const before = statSync(kept).ino;

  replaceFiles(folder, [file(kept, "1"), file(changed, "2")]);

  expect(statSync(kept).ino).toBe(before);
  expect(readFileSync(changed, "utf8")).toBe("2");
  expect(readdirSync(join(folder, "chunks"))).toEqual(["changed.js"]);
});

/** A project of one source and one result, built a while ago. */
function useBuilt() {
  const root = useFolder();
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src/a.ts"), "one");
  writeFileSync(join(root, "a.js"), "ONE");
  const longAgo = new Date(Date.now() - 60_000);
  for (const name of ["src/a.ts", "a.js"]) utimesSync(join(root, name), longAgo, longAgo);
  const inputs = join(root, "inputs.json");
  const build = { root, sources: ["src/a.ts"], results: ["a.js"], startedAtMs: Date.now() - 1_000 };
  return { root, inputs, build };
}

test("a build is remembered until a source changes or a result is lost", () => {
  const { root, inputs, build } = useBuilt();
  expect(inputsUnchanged(inputs, root)).toBe(false);
  writeInputs(inputs, build);
  expect(inputsUnchanged(inputs, root)).toBe(true);

  writeFileSync(join(root, "src/a.ts"), "two");
  expect(inputsUnchanged(inputs, root)).toBe(false);

  writeInputs(inputs, { ...build, startedAtMs: Date.now() + 1_000 });
  expect(inputsUnchanged(inputs, root)).toBe(true);
  rmSync(join(root, "a.js"));
  expect(inputsUnchanged(inputs, root)).toBe(false);
});

test("a build during which a source changed is not remembered, and neither is the one before", () => {
  const { root, inputs, build } = useBuilt();
  writeInputs(inputs, build);
  writeFileSync(join(root, "src/a.ts"), "while it was built");
  writeInputs(inputs, build);
  expect(inputsUnchanged(inputs, root)).toBe(false);
});
