import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ScaleSettings } from "#local/functions-host/scale/scale-settings.ts";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { queueHolds, useBus } from "./use-bus.ts";
import { esmPackage, useApp } from "./use-app.ts";

const source = (answer: string, route = "answer"): string => `
  import { app } from "@azure/functions";
  app.http("answer", { methods: ["GET"], route: "${route}", authLevel: "anonymous", handler: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, Number(request.query.get("ms") ?? 0)));
    return { body: "${answer}" };
  } });`;

interface Watched {
  readonly host: HostUnderTest;
  readonly save: (text: string) => Promise<void>;
  readonly saveFile: (path: string, text: string) => Promise<void>;
}

async function useWatchedApp(scale: Partial<ScaleSettings> = {}): Promise<Watched> {
  const appRoot = await useApp({
    "package.json": '{ "type": "module", "main": "src/index.ts" }',
    "src/index.ts": source("one"),
  });
  const host = await useHost({ appRoot, watch: true, scale: { drainMs: 2000, ...scale } });
  const saveFile = (path: string, text: string): Promise<void> => writeFile(join(appRoot, path), text);
  return { host, saveFile, save: (text) => saveFile("src/index.ts", text) };
}

const answer = async (host: HostUnderTest, path = "answer"): Promise<string> =>
  (await fetch(`${host.url}/api/${path}`)).text();

const seen = (host: HostUnderTest, event: string): number =>
  host.lines.filter((line) => line.event === event).length;

test("a saved file is what the next requests reach, and what was running ends as it began", async () => {
  const { host, save } = await useWatchedApp();
  const [before] = host.workers();
  const running = answer(host, "answer?ms=700");
  await answer(host);

  await save(source("two"));
  await eventually(async () => ((await answer(host)) === "two" ? true : undefined));

  expect(await running).toBe("one");
  await eventually(() => (host.workers().includes(before ?? 0) ? undefined : true));
  expect(host.workers()).toHaveLength(1);
});

test("routes and functions come and go with the file", async () => {
  const { host, save } = await useWatchedApp();

  await save(source("moved", "elsewhere"));
  await eventually(async () => ((await answer(host, "elsewhere")) === "moved" ? true : undefined));

  expect((await fetch(`${host.url}/api/answer`)).status).toBe(404);
});

test("what host.json says counts with the next reload; one that is wrong is named, and nothing of it counts", async () => {
  const { host, saveFile } = await useWatchedApp();

  await saveFile(
    "host.json",
    '{ "version": "2.0", "extensions": { "http": { "routePrefix": "" , "wrong": 1 } } }',
  );
  const line = await eventually(() => host.lines.find(({ event }) => event === "app not reloaded"));
  const meanwhile = await answer(host);
  await saveFile(
    "host.json",
    '{ "version": "2.0", "extensions": { "http": { "routePrefix": "v2", "customHeaders": { "x-shop": "yes" } } } }',
  );
  const moved = await eventually(async () => {
    const response = await fetch(`${host.url}/v2/answer`);
    return response.ok ? response : undefined;
  });

  expect(line.facts["error"]).toContain("wrong");
  expect(meanwhile).toBe("one");
  expect(moved.headers.get("x-shop")).toBe("yes");
  expect((await fetch(`${host.url}/api/answer`)).status).toBe(404);
});

test("what host.json names in watchDirectories and watchFiles is watched too", async () => {
  const appRoot = await useApp({
    "package.json": esmPackage("src/index.ts"),
    "host.json": '{ "version": "2.0", "watchDirectories": ["texts"], "watchFiles": ["greeting.txt"] }',
    "greeting.txt": "hello",
    "texts/name.txt": "Ann",
    "src/index.ts": `
      import { app } from "@azure/functions";
      import { readFileSync } from "node:fs";
      const read = (file) => readFileSync(new URL("../" + file, import.meta.url), "utf8");
      const body = read("greeting.txt") + " " + read("texts/name.txt");
      app.http("answer", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ body }) });`,
  });
  const host = await useHost({ appRoot, watch: true });

  await writeFile(join(appRoot, "greeting.txt"), "good day");
  await eventually(async () => ((await answer(host)) === "good day Ann" ? true : undefined));
  await writeFile(join(appRoot, "texts/name.txt"), "Bob");
  await eventually(async () => ((await answer(host)) === "good day Bob" ? true : undefined));

  expect(seen(host, "app not reloaded")).toBe(0);
});

test("a folder to watch that is not there stops the start, by its name", async () => {
  const appRoot = await useApp({
    "host.json": '{ "version": "2.0", "watchDirectories": ["nowhere"] }',
    "index.ts": source("one"),
  });

  await expect(useHost({ appRoot, watch: true })).rejects.toThrow('no folder "nowhere"');
});

test.for([
  ["a syntax error", "import { app } from '@azure/functions'; app.http(", "SyntaxError"],
  ["an error while loading", "throw new Error('broken at start');", "broken at start"],
  ["a trigger the host refuses", source("x").replace('"anonymous"', '"system"'), 'authLevel "system"'],
  ["a route that cannot be read", source("x", "half/{id"), "half/{id"],
  [
    "a schedule that cannot be read",
    `${source("x")} app.timer("tick", { schedule: "every day", handler: () => undefined });`,
    "every day",
  ],
])("%s is named, and what was loaded goes on until it is mended", async ([, broken = "", message]) => {
  const { host, save } = await useWatchedApp();

  await save(broken);
  const line = await eventually(() => host.lines.find(({ event }) => event === "app not reloaded"));
  const meanwhile = await answer(host);
  await save(source("mended"));

  expect(line.facts["error"]).toContain(message);
  expect(meanwhile).toBe("one");
  await eventually(async () => ((await answer(host)) === "mended" ? true : undefined));
  expect(host.workers()).toHaveLength(1);
});

test("a timer that still runs holds up no reload, and runs to its end", async () => {
  const { host, save } = await useWatchedApp();
  const withTimer = (version: string): string =>
    `${source(version)}
    app.timer("slow", { schedule: "0 0 0 1 1 *", runOnStartup: ${version === "two"}, handler: async (timer, context) => {
      context.log("began");
      await new Promise((resolve) => setTimeout(resolve, 3000));
      context.log("ended");
    } });`;
  const logged = (message: string): true | undefined =>
    host.lines.some(({ facts }) => facts["message"] === message) ? true : undefined;

  await save(withTimer("two"));
  await eventually(() => logged("began"));
  await save(withTimer("three"));
  await eventually(async () => ((await answer(host)) === "three" ? true : undefined));
  await save(withTimer("four"));
  await eventually(async () => ((await answer(host)) === "four" ? true : undefined));

  expect(logged("ended")).toBeUndefined();
  await eventually(() => logged("ended"));
  expect(seen(host, "invocation failed")).toBe(0);
});

test("a message that is being worked on when a file is saved is finished as it began; the next one reaches the new code", async () => {
  const bus = await useBus();
  const consumer = (version: string): string => `
    import { app } from "@azure/functions";
    app.serviceBusQueue("consumer", { connection: "Bus", queueName: "work", handler: async (body, context) => {
      context.log("${version} began " + body);
      await new Promise((resolve) => setTimeout(resolve, body === "first" ? 1500 : 0));
      context.log("${version} ended " + body);
    } });`;
  const appRoot = await useApp({
    "package.json": esmPackage("src/index.ts"),
    "src/index.ts": consumer("old"),
  });
  const host = await useHost({ appRoot, watch: true, settings: { Bus: bus.connectionString } });
  const sender = bus.client.createSender("work");
  const logged = (): unknown[] =>
    host.lines.filter(({ event }) => event === "function log").map(({ facts }) => facts["message"]);

  await sender.sendMessages({ body: "first" });
  await eventually(() => (logged().length > 0 ? true : undefined));
  await writeFile(join(appRoot, "src/index.ts"), consumer("new"));
  await eventually(() => (seen(host, "app reloaded") > 0 ? true : undefined));
  await sender.sendMessages({ body: "second" });

  await queueHolds(bus, 0, 0);
  expect(logged()).toEqual(["old began first", "new began second", "new ended second", "old ended first"]);
});

test("a file that never ends loading holds up no later one", async () => {
  const { host, save } = await useWatchedApp({ grouping: "app" });

  await save(
    `console.log("at it"); await new Promise(() => setInterval(() => undefined, 1000)); ${source("never")}`,
  );
  await eventually(() => (host.lines.some(({ facts }) => facts["message"] === "at it") ? true : undefined));
  await save(source("mended"));

  await eventually(async () => ((await answer(host)) === "mended" ? true : undefined));
  expect(host.workers()).toHaveLength(1);
});

test("stopping in the middle of a reload leaves no process behind", async () => {
  const { host, save } = await useWatchedApp();
  const [before = 0] = host.workers();

  await save(
    `console.log("at it"); await new Promise((resolve) => setTimeout(resolve, 800));${source("late")}`,
  );
  await eventually(() => (host.lines.some(({ facts }) => facts["message"] === "at it") ? true : undefined));
  await host.stop();

  expect(() => process.kill(before, 0)).toThrow("ESRCH");
  expect(seen(host, "app reloaded")).toBe(0); // and tests/setup.ts fails this file if a process is left
});

test("the master key's holder restarts the app, and a drained host listens again", async () => {
  const { host } = await useWatchedApp();
  const administer = (method: string, path: string): Promise<Response> =>
    fetch(`${host.url}/admin/host/${path}`, { method, headers: { "x-functions-key": host.masterKey } });

  const drained = await administer("POST", "drain");
  const state = await eventually(async () => {
    const status: { state: string } = JSON.parse(await (await administer("GET", "drain/status")).text());
    return status.state === "Completed" ? status : undefined;
  });
  const resumed = await administer("POST", "resume");
  const after: unknown = JSON.parse(await (await administer("GET", "drain/status")).text());

  expect([drained.status, resumed.status]).toEqual([202, 200]);
  expect(state).toEqual({ state: "Completed", outstandingInvocations: 0, outstandingRetries: 0 });
  expect(after).toMatchObject({ state: "Disabled" });
  expect(seen(host, "app reloaded")).toBe(1);
});
