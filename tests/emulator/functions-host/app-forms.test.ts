import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type BuildOptions } from "esbuild";
import { expect, test } from "vitest";
import { useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const TSC = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

/** The layout of Microsoft's template: an entry with hooks, and a file per function. */
const SOURCES = {
  "src/index.ts": `
    import { app } from "@azure/functions";
    let started = false;
    app.hook.appStart(() => { started = true; });
    app.hook.preInvocation((context) => {
      const request = context.inputs[0] as { started?: unknown };
      request.started = started;
    });`,
  "src/functions/greet.ts": `
    import { app, type HttpRequest } from "@azure/functions";
    import { greeting } from "../greeting.ts";
    app.http("greet", { methods: ["GET"], authLevel: "anonymous", route: "greet/{name}", handler: async (request: HttpRequest & { started?: unknown }) => {
      return { jsonBody: { text: greeting(String(request.params["name"])), started: request.started === true } };
    } });`,
  "src/functions/part.ts": `
    import { app } from "@azure/functions";
    app.get("part", () => ({ body: "part" }));`,
  "src/greeting.ts": "export const greeting = (name: string): string => `hello ${name}`;",
  "src/whole.ts": 'import "./index.ts"; import "./functions/greet.ts"; import "./functions/part.ts";',
};

const appPackage = (type: "module" | "commonjs", main: string) => ({
  "package.json": JSON.stringify({ name: "app", type, main }),
});

/** With the real compiler, as Microsoft's template does. */
async function compiled(type: "module" | "commonjs"): Promise<string> {
  const appRoot = await useApp({ ...appPackage(type, "dist/{index.js,functions/*.js}"), ...SOURCES });
  const flags =
    "--rootDir src --outDir dist --module nodenext --target es2024 --rewriteRelativeImportExtensions --skipLibCheck --types node";
  const files = Object.keys(SOURCES).map((file) => join(appRoot, file));
  await promisify(execFile)(process.execPath, [TSC, ...flags.split(" "), ...files], { cwd: appRoot });
  return appRoot;
}

async function bundled(type: "module" | "commonjs", outfile: string, options: BuildOptions): Promise<string> {
  const appRoot = await useApp({ ...appPackage(type, outfile), ...SOURCES });
  await build({
    absWorkingDir: appRoot,
    entryPoints: ["src/whole.ts"],
    outfile,
    bundle: true,
    platform: "node",
    external: ["@azure/functions-core"],
    logLevel: "silent",
    ...options,
  });
  return appRoot;
}

const banner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};

test.for([
  ["TypeScript sources", () => useApp({ ...appPackage("module", "src/{index,functions/*}.ts"), ...SOURCES })],
  ["ES modules made by the TypeScript compiler", () => compiled("module")],
  ["CommonJS made by the TypeScript compiler", () => compiled("commonjs")],
  ["one ESM bundle", () => bundled("module", "dist/app.js", { format: "esm", banner })],
  ["one minified CommonJS bundle", () => bundled("commonjs", "dist/app.js", { format: "cjs", minify: true })],
  [
    "one .mjs bundle in a CommonJS package",
    () => bundled("commonjs", "dist/app.mjs", { format: "esm", banner }),
  ],
  ["one .cjs bundle in an ESM package", () => bundled("module", "dist/app.cjs", { format: "cjs" })],
] as const)("an app runs as %s", async ([, make]) => {
  const host = await useHost({ appRoot: await make() });

  const greeted = await fetch(`${host.url}/api/greet/Ann`);
  const part = await fetch(`${host.url}/api/part`);

  expect(await greeted.json()).toEqual({ text: "hello Ann", started: true });
  expect(await part.text()).toBe("part");
});

test("an ESM bundle without a createRequire banner does not start, as on Azure", async () => {
  const appRoot = await bundled("module", "dist/app.js", { format: "esm" });

  await expect(useHost({ appRoot })).rejects.toThrow("Dynamic require of");
});

test("a bundle that brings a core module of its own registers nothing, and the start says what to look for", async () => {
  const appRoot = await bundled("commonjs", "dist/app.js", {
    format: "cjs",
    external: [],
    plugins: [
      {
        name: "stand-in",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^@azure\/functions-core$/ }, () => ({ path: "core", namespace: "stand-in" }));
          onLoad({ filter: /.*/, namespace: "stand-in" }, () => ({
            contents: "const nothing = () => ({}); module.exports = new Proxy({}, { get: () => nothing });",
          }));
        },
      },
    ],
  });

  await expect(useHost({ appRoot })).rejects.toThrow('keeps "@azure/functions-core" external');
});
