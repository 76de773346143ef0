import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rules } from "../../../scripts/check/layer-rules.ts";
import { checkLayers } from "../../../scripts/check/layers.ts";

/** A small project of our shape, in which every import that the rules mean to allow occurs. */
const cleanTree = {
  "functions/index.ts": `import "./post-order.ts";`,
  "functions/post-order.ts": `import { app } from "@azure/functions"; import { run } from "#shared/app.ts"; import "#shared/bindings/http.ts"; app(run);`,
  "shared/app.ts": `import { orders } from "./adapters/orders.ts"; import { accept } from "./use-cases/accept.ts"; export const run = [orders, accept];`,
  "shared/bindings/http.ts": `import { timingSafeEqual } from "node:crypto"; import { accept } from "#shared/use-cases/accept.ts"; export const http = [accept, timingSafeEqual];`,
  "shared/use-cases/accept.ts": `import type { Orders } from "#shared/ports/order-store.ts"; import { id } from "#shared/domain/id.ts"; export const accept = (orders: Orders) => [orders, id];`,
  "shared/use-cases/notify/tell.ts": `import type { Reader } from "#shared/ports/order-reader.ts"; export const tell = (reader: Reader) => reader;`,
  "shared/ports/order-reader.ts": `import type { Order } from "#shared/contracts/order.ts"; export interface Reader { read(): Order }`,
  "shared/ports/order-store.ts": `import type { Reader } from "./order-reader.ts"; export interface Orders extends Reader { write(): void }`,
  "shared/adapters/orders.ts": `import { CosmosClient } from "@azure/cosmos"; import { connect } from "node:net"; import type { Orders } from "#shared/ports/order-store.ts"; export const orders = (o: Orders) => [o, CosmosClient, connect];`,
  "shared/domain/id.ts": `import { createHash } from "node:crypto"; import type { z } from "zod"; import type { Order } from "../contracts/order.ts"; export const id = (order: Order, schema: z.A) => [order, schema, createHash];`,
  "shared/contracts/order.ts": `import { z } from "zod"; export type Order = string; export const order = z;`,
  "shared/contracts/topology.ts": `export const topology = {};`,
  "local/broker.ts": `import { topology } from "#shared/contracts/topology.ts"; import { thing } from "./thing.ts"; export interface Broker { a: 1 } export const broker = [topology, thing];`,
  "local/thing.ts": `import type { Broker } from "./broker.ts"; import "vitest"; export const thing = (broker: Broker) => broker;`,
  "scripts/start.ts": `import "#local/broker.ts"; import "#shared/app.ts"; import "../functions/index.ts"; import "node:fs";`,
  "tests/some.test.ts": `import "../scripts/start.ts"; import "./helper.ts";`,
  "tests/helper.ts": `import "#shared/domain/id.ts";`,
};

/** Rule, the file that breaks it, and how. */
const violations: readonly (readonly [rule: string, file: string, code: string])[] = [
  ["contracts-import-only-inwards", "shared/contracts/a.ts", `import "../domain/id.ts";`],
  [
    "contracts-import-only-inwards",
    "shared/contracts/a.ts",
    `import type { Reader } from "#shared/ports/order-reader.ts"; export type A = Reader;`,
  ],
  ["contracts-import-only-inwards", "shared/contracts/a.ts", `import "node:fs";`],
  ["domain-import-only-inwards", "shared/domain/a.ts", `import "#shared/ports/order-reader.ts";`],
  [
    "domain-import-only-inwards",
    "shared/domain/a.ts",
    `import { readFileSync } from "node:fs"; export const a = readFileSync;`,
  ],
  ["domain-import-only-inwards", "shared/domain/a.ts", `export const a = () => import("@azure/cosmos");`],
  ["domain-takes-only-types-of-zod", "shared/domain/a.ts", `import { z } from "zod"; export const a = z;`],
  [
    "ports-import-only-inwards",
    "shared/ports/a.ts",
    `import type { CosmosClient } from "@azure/cosmos"; export type A = CosmosClient;`,
  ],
  ["ports-import-only-inwards", "shared/ports/a.ts", `export * from "#shared/use-cases/accept.ts";`],
  ["use-cases-import-only-inwards", "shared/use-cases/a.ts", `import "#shared/adapters/orders.ts";`],
  ["use-cases-import-only-inwards", "shared/use-cases/a.ts", `import "../adapters/orders.ts";`],
  ["use-cases-import-only-inwards", "shared/use-cases/a.ts", `import "#shared/bindings/http.ts";`],
  ["use-cases-import-only-inwards", "shared/use-cases/a.ts", `import "#shared/app.ts";`],
  ["use-cases-import-only-inwards", "shared/use-cases/a.ts", `import "node:fs/promises";`],
  ["adapters-import-only-inwards", "shared/adapters/a.ts", `import "#shared/use-cases/accept.ts";`],
  ["adapters-import-only-inwards", "shared/adapters/a.ts", `import "#shared/bindings/http.ts";`],
  ["bindings-import-only-inwards", "shared/bindings/a.ts", `import "#shared/adapters/orders.ts";`],
  ["app-import-only-inwards", "shared/app.ts", `import "../functions/post-order.ts";`],
  ["functions-import-only-inwards", "functions/a.ts", `import "#shared/adapters/orders.ts";`],
  ["functions-import-only-inwards", "functions/a.ts", `import "#shared/ports/order-store.ts";`],
  ["functions-import-only-inwards", "functions/a.ts", `import "@azure/cosmos";`],
  [
    "notifications-never-reach-the-order",
    "shared/use-cases/notify/a.ts",
    `import type { Orders } from "#shared/ports/order-store.ts"; export type A = Orders;`,
  ],
  [
    "notifications-never-reach-the-order",
    "shared/use-cases/notify/a.ts",
    `import { accept } from "../accept.ts"; export const a = accept;`,
  ],
  ["deployed-code-stands-alone", "shared/adapters/a.ts", `import "#local/broker.ts";`],
  ["deployed-code-stands-alone", "functions/a.ts", `import "../scripts/start.ts";`],
  ["deployed-code-takes-only-dependencies", "shared/adapters/a.ts", `import "vitest";`],
  ["the-embedded-cloud-knows-only-the-topology", "local/a.ts", `import "#shared/contracts/order.ts";`],
  ["the-embedded-cloud-knows-only-the-topology", "local/a.ts", `import "../functions/index.ts";`],
  ["the-embedded-cloud-knows-only-the-topology", "local/a.ts", `import "../scripts/start.ts";`],
  ["only-tests-import-tests", "scripts/a.ts", `import "../tests/helper.ts";`],
  ["no-cycles", "local/thing.ts", `import { broker } from "./broker.ts"; export const thing = broker;`],
  ["everything-imported-is-there-and-declared", "local/a.ts", `import "./gone.ts";`],
  ["everything-imported-is-there-and-declared", "local/a.ts", `import "undeclared";`],
];

function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "expedite-layers-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const put = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const [file, code] of Object.entries({ ...cleanTree, ...files })) put(file, code);
  cpSync("package.json", join(root, "package.json"));
  for (const name of ["@azure/functions", "@azure/cosmos", "zod", "vitest", "undeclared"]) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    put(`node_modules/${name}/index.js`, "");
  }
  return root;
}

test("the imports that our shape needs are allowed", async () => {
  const { violations: found, modules } = await checkLayers(plant({}));
  expect(found).toEqual([]);
  expect(modules).toBeGreaterThan(Object.keys(cleanTree).length);
});

test.each(violations)("%s bites: %s with %s", async (rule, file, code) => {
  const { violations: found } = await checkLayers(plant({ [file]: code }));
  expect(found.filter((violation) => violation.startsWith(`${rule}: `))).not.toEqual([]);
});

test("every rule has a violation that shows it bite", () => {
  expect(new Set(violations.map(([rule]) => rule))).toEqual(new Set(rules.map(({ name }) => name)));
});

test("our own code keeps to the layers, and all of it was looked at", async () => {
  const { violations: found, modules } = await checkLayers(process.cwd());
  expect(found).toEqual([]);
  expect(modules).toBeGreaterThan(100);
});
