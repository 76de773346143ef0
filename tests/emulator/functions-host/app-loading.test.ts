import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildApp } from "../../../scripts/build.ts";
import { eventually, fixture, freePort, useHost } from "./host-under-test.ts";
import { esmPackage, useApp } from "./use-app.ts";

test("a CommonJS app whose main names several files is loaded, file by file", async () => {
  const host = await useHost({ appRoot: fixture("commonjs-app") });

  expect(await (await fetch(`${host.url}/api/greet`)).text()).toBe("hello world");
  expect(await (await fetch(`${host.url}/api/greet/Ann`)).text()).toBe("hello Ann");
  expect(await (await fetch(`${host.url}/api/second-file`)).json()).toEqual({ from: "part" });
});

test("one ESM bundle made by scripts/build.ts runs, its lazy imports kept out of the entry", async () => {
  const appRoot = await useApp({
    "package.json": esmPackage("dist/functions/index.js"),
    "functions/heavy.ts": 'export const heavy: string = "heavy indeed";',
    "functions/index.ts": `
      import { app } from "@azure/functions";
      import { z } from "zod";
      const Order = z.object({ id: z.string() });
      app.http("lazy", { methods: ["POST"], authLevel: "anonymous", handler: async (request) => {
        const { heavy } = await import("./heavy.ts");
        return { status: 202, jsonBody: { heavy, order: Order.parse(await request.json()) } };
      } });`,
  });

  const built = await buildApp(appRoot);
  const host = await useHost({ appRoot });
  const response = await fetch(`${host.url}/api/lazy`, { method: "POST", body: '{"id":"ord_1"}' });

  expect(await response.json()).toEqual({ heavy: "heavy indeed", order: { id: "ord_1" } });
  expect(await readFile(built.entryFile, "utf8")).not.toContain("heavy indeed");
  expect(await readdir(join(appRoot, "dist", "functions"))).toContain("index.js.map");
  expect(built.startBytes).toBeLessThan(built.totalBytes);
});

test("hooks run in order around the function, share their data, and may replace the outcome", async () => {
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      let started = "no";
      app.hook.appStart((context) => { started = "yes"; context.hookData["x"] = 1; });
      app.hook.preInvocation((context) => { context.hookData["seen"] = context.invocationContext.functionName; });
      app.hook.postInvocation((context) => {
        if (context.error) { context.error = null; context.result = { status: 200, jsonBody: { started, seen: context.hookData["seen"] } }; }
      });
      app.hook.log((context) => { context.message = context.message.toUpperCase(); });
      app.http("fails", { methods: ["GET"], authLevel: "anonymous", handler: (_request, context) => { context.log("quiet"); throw new Error("x"); } });`,
  });
  const host = await useHost({ appRoot });

  const response = await fetch(`${host.url}/api/fails`);

  expect(await response.json()).toEqual({ started: "yes", seen: "fails" });
  expect(host.lines.find(({ event }) => event === "function log")?.facts["message"]).toBe("QUIET");
});

test("appTerminate hooks run when the host stops", async () => {
  const appRoot = await useApp({
    "index.ts": `
      import { writeFileSync } from "node:fs";
      import { app } from "@azure/functions";
      app.hook.appTerminate(() => writeFileSync("terminated.txt", "yes"));
      app.http("a", { methods: ["GET"], authLevel: "anonymous", handler: () => ({}) });`,
  });
  const host = await useHost({ appRoot });

  await host.stop();

  expect(await readFile(join(appRoot, "terminated.txt"), "utf8")).toBe("yes");
});

test("a disabled function is not served", async () => {
  const settings = { "AzureWebJobs.second-file.Disabled": "true" };
  const host = await useHost({ appRoot: fixture("commonjs-app"), settings });

  expect((await fetch(`${host.url}/api/second-file`)).status).toBe(404);
  expect((await fetch(`${host.url}/api/greet`)).status).toBe(200);
});

const hostJson = (routePrefix: string): string =>
  JSON.stringify({ version: "2.0", extensions: { http: { routePrefix } } });

test("the route prefix of host.json is obeyed, also when it is empty", async () => {
  const app = 'import { app } from "@azure/functions"; app.get("plain", () => ({ body: "plain" }));';

  const none = await useHost({ appRoot: await useApp({ "index.ts": app, "host.json": hostJson("") }) });
  const deep = await useHost({
    appRoot: await useApp({ "index.ts": app, "host.json": hostJson("shop/v1") }),
  });

  expect((await fetch(`${none.url}/plain`)).status).toBe(200);
  expect((await fetch(`${deep.url}/shop/v1/plain`)).status).toBe(200);
  expect((await fetch(`${deep.url}/api/plain`)).status).toBe(404);
});

test("an app setting goes before host.json's own value", async () => {
  const host = await useHost({
    appRoot: await useApp({
      "index.ts": 'import { app } from "@azure/functions"; app.get("where", () => ({ body: "here" }));',
    }),
    settings: { AzureFunctionsJobHost__extensions__http__routePrefix: "elsewhere" },
  });

  expect((await fetch(`${host.url}/elsewhere/where`)).status).toBe(200);
  expect((await fetch(`${host.url}/api/where`)).status).toBe(404);
});

test("over maxOutstandingRequests a request is refused with 429", async () => {
  const limits = { version: "2.0", extensions: { http: { maxOutstandingRequests: 1 } } };
  const appRoot = await useApp({
    "host.json": JSON.stringify(limits),
    "index.ts": `
      import { app } from "@azure/functions";
      app.get("slow", async () => { await new Promise((resolve) => setTimeout(resolve, 200)); return {}; });`,
  });
  const host = await useHost({ appRoot });

  const answers = await Promise.all([fetch(`${host.url}/api/slow`), fetch(`${host.url}/api/slow`)]);

  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 429]);
});

const register = (call: string): Record<string, string> => ({
  "index.ts": `import { app, output } from "@azure/functions"; const handler = () => undefined as never; ${call}`,
});

test.for([
  ["an entry file that throws", { "index.ts": 'throw new Error("no database");' }, "no database"],
  ["a main that matches nothing", { "package.json": esmPackage("nothing/*.js") }, 'no file matches "main"'],
  ["an app that registers nothing", { "index.ts": "export {};" }, "registered no function"],
  [
    "a duplicate name",
    register('app.get("a", handler); app.get("a", handler);'),
    '"a" has already been registered',
  ],
  [
    "a level of access that does not exist",
    register('app.http("keyed", { methods: ["GET"], authLevel: "system", handler });'),
    '"keyed" has authLevel "system"',
  ],
  [
    "a blob trigger",
    register('app.storageBlob("blob", { path: "p", connection: "C", handler });'),
    'function "blob" has a trigger of type "blobTrigger"',
  ],
  [
    "a trigger that nobody knows",
    register('app.generic("odd", { trigger: { type: "carrierPigeonTrigger", name: "p" }, handler });'),
    'function "odd" has a trigger of type "carrierPigeonTrigger"',
  ],
  [
    "a storage queue trigger",
    register('app.storageQueue("queue", { queueName: "q", connection: "C", handler });'),
    'function "queue" has a trigger of type "queueTrigger"',
  ],
  [
    "an sdkBinding",
    register(
      'app.serviceBusQueue("sdk", { queueName: "q", connection: "C", sdkBinding: true, handler } as never);',
    ),
    'function "sdk" asks for sdkBinding',
  ],
  [
    "a function of programming model v3",
    { ...register('app.get("new", handler);'), "old/function.json": '{ "bindings": [] }' },
    "belongs to programming model v3 or older",
  ],
  [
    "an output binding",
    register(
      'app.http("out", { extraOutputs: [output.storageQueue({ queueName: "q", connection: "C" })], handler });',
    ),
    'function "out" has an output binding of type "queue"',
  ],
  [
    "a connection without a setting",
    register('app.serviceBusQueue("lost", { queueName: "q", connection: "Nowhere", handler });'),
    'function "lost": there is no app setting "Nowhere"',
  ],
  [
    "a %NAME% without a setting",
    register('app.timer("t", { schedule: "%WHEN%", handler });'),
    'function "t": there is no app setting "WHEN"',
  ],
  [
    "a schedule nobody can read",
    register('app.timer("t", { schedule: "every day", handler });'),
    'function "t"',
  ],
  [
    "an unknown host.json setting",
    { "host.json": '{ "version": "2.0", "extensions": { "htpp": {} } }' },
    "htpp",
  ],
  [
    "an unknown route constraint",
    register('app.http("r", { route: "x/{y:colour}", handler });'),
    'unknown route constraint ":colour"',
  ],
] as const)("%s stops the start, with one line that says so", async ([_what, files, message]) => {
  const appRoot = await useApp(files);

  await expect(useHost({ appRoot })).rejects.toThrow(message);
});

test("a port that is taken stops the start, and no worker is left", async () => {
  const appRoot = await useApp(register('app.get("a", handler);'));
  const { port } = await useHost({ appRoot });

  await expect(useHost({ appRoot, port })).rejects.toThrow("EADDRINUSE"); // tests/setup.ts looks for processes
});

test("a request that comes while the app is being loaded waits for it, and is answered", async () => {
  const port = await freePort();
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      await new Promise((resolve) => setTimeout(resolve, 500));
      app.get("late", () => ({ body: "here" }));`,
  });

  const starting = useHost({ appRoot, port });
  let isUp = false;
  void starting.then(() => (isUp = true));
  const asked = eventually(() => fetch(`http://127.0.0.1:${port}/api/late`).catch(() => undefined));
  await eventually(() => accepts(port));
  const wasUp = isUp;
  const [first] = await Promise.all([asked, starting]);

  expect(wasUp).toBe(false);
  expect([first.status, await first.text()]).toEqual([200, "here"]);
});

const accepts = (port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(undefined));
  });
