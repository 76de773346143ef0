import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const source = (answer: string, route = "answer"): string => `
  import { app } from "@azure/functions";
  app.http("answer", { methods: ["GET"], route: "${route}", authLevel: "anonymous", handler: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, Number(request.query.get("ms") ?? 0)));
    return { body: "${answer}" };
  } });`;

async function useWatchedApp(): Promise<{ host: HostUnderTest; save: (text: string) => Promise<void> }> {
  const appRoot = await useApp({
    "package.json": '{ "type": "module", "main": "src/index.ts" }',
    "src/index.ts": source("one"),
  });
  const host = await useHost({ appRoot, watch: true, scale: { drainMs: 2000 } });
  return { host, save: (text) => writeFile(join(appRoot, "src/index.ts"), text) };
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

test.for([
  ["a syntax error", "import { app } from '@azure/functions'; app.http(", "SyntaxError"],
  ["an error while loading", "throw new Error('broken at start');", "broken at start"],
  ["a trigger the host refuses", source("x").replace('"anonymous"', '"system"'), 'authLevel "system"'],
])("%s is named, and what was loaded goes on until it is mended", async ([, broken = "", message]) => {
  const { host, save } = await useWatchedApp();

  await save(broken);
  const line = await eventually(() => host.lines.find(({ event }) => event === "app not reloaded"));
  const meanwhile = await answer(host);
  await save(source("mended"));

  expect(line.facts["error"]).toContain(message);
  expect(meanwhile).toBe("one");
  await eventually(async () => ((await answer(host)) === "mended" ? true : undefined));
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
