import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { librarySource } from "../../scripts/library-source.ts";

const nodeModules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A checkout as small as can be: a body validated by zod, a 202 in JSON. And a queue function that does nothing. */
const SOURCE = `
  import { app } from "@azure/functions";
  import { z } from "zod";
  const Order = z.object({
    currency: z.string().length(3),
    lines: z.array(z.object({ sku: z.string(), quantity: z.int().positive(), unitPrice: z.int() })).min(1),
  });
  app.http("orders", { methods: ["POST"], authLevel: "anonymous", handler: async (request) => {
    const order = Order.safeParse(await request.json());
    if (!order.success) return { status: 422 };
    return { status: 202, jsonBody: { status: "accepted", lines: order.data.lines.length } };
  } });
  if (process.env.QUEUE) app.serviceBusQueue("nothing", { connection: "BUS", queueName: "%QUEUE%", handler: () => undefined });
`;

export const ORDER = JSON.stringify({
  currency: "AUD",
  lines: [{ sku: "PANCAKE-MIX", quantity: 2, unitPrice: 1250 }],
});

/** Writes the app into `folder`, as source and as one bundle; `main` chooses which of them runs. */
export async function writeBenchApp(folder: string, main: "index.ts" | "dist/index.js"): Promise<string> {
  const appRoot = join(folder, main === "index.ts" ? "unbundled" : "bundled");
  mkdirSync(appRoot, { recursive: true });
  symlinkSync(nodeModules, join(appRoot, "node_modules"), "dir");
  writeFileSync(join(appRoot, "package.json"), JSON.stringify({ name: "app", type: "module", main }));
  const serviceBus = { maxConcurrentCalls: 64 };
  writeFileSync(join(appRoot, "host.json"), JSON.stringify({ version: "2.0", extensions: { serviceBus } }));
  writeFileSync(join(appRoot, "index.ts"), SOURCE);
  if (main === "index.ts") return appRoot;
  const outfile = join(appRoot, main);
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    absWorkingDir: appRoot,
    entryPoints: ["index.ts"],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["@azure/functions-core"],
    alias: { ...librarySource }, // as scripts/build.ts has it
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  return appRoot;
}
