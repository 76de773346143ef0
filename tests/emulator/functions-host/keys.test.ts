import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const keyedApp = () =>
  useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      const handler = () => ({ status: 200 });
      app.http("open", { methods: ["GET"], authLevel: "anonymous", handler });
      app.http("silent", { methods: ["GET"], handler });
      app.http("keyed", { methods: ["GET"], authLevel: "function", handler });
      app.http("other", { methods: ["GET"], authLevel: "function", handler });
      app.http("ruled", { methods: ["GET"], authLevel: "admin", handler });`,
  });

/** An in-process host: keys are the front end's affair. */
const useKeyedHost = async (dataFolder?: string): Promise<HostUnderTest> =>
  useHost({
    appRoot: await keyedApp(),
    inProcess: true,
    ...(dataFolder === undefined ? {} : { dataFolder }),
  });

const status = async (host: HostUnderTest, path: string, key?: string): Promise<number> => {
  const response = await fetch(
    host.url + path,
    key === undefined ? {} : { headers: { "x-functions-key": key } },
  );
  return response.status;
};

async function hostKey(host: HostUnderTest): Promise<string> {
  const keys: { functionKeys: { name: string; value: string }[] } = JSON.parse(
    await readFile(join(host.dataFolder, "secrets", "host.json"), "utf8"),
  );
  return keys.functionKeys.find(({ name }) => name === "default")?.value ?? "";
}

async function administer(host: HostUnderTest, method: string, path: string, body?: object) {
  const response = await fetch(`${host.url}/admin/${path}`, {
    method,
    headers: { "x-functions-key": host.masterKey },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: Record<string, unknown> = text === "" ? {} : JSON.parse(text);
  return { status: response.status, answer };
}

test("each level of access is open to its own keys and those above, and to nobody else", async () => {
  const host = await useKeyedHost();
  const own = await administer(host, "POST", "functions/keyed/keys/partner");
  const callers = {
    nobody: undefined,
    stranger: "not-a-key",
    function: String(own.answer["value"]),
    host: await hostKey(host),
    master: host.masterKey,
  };

  const seen: Record<string, number[]> = {};
  for (const path of [
    "/api/open",
    "/api/silent",
    "/api/keyed",
    "/api/other",
    "/api/ruled",
    "/admin/host/status",
  ]) {
    seen[path] = await Promise.all(Object.values(callers).map((key) => status(host, path, key)));
  }

  expect(Object.keys(callers)).toEqual(["nobody", "stranger", "function", "host", "master"]);
  expect(seen).toEqual({
    "/api/open": [200, 200, 200, 200, 200],
    "/api/silent": [200, 200, 200, 200, 200], // the library's default is anonymous
    "/api/keyed": [401, 401, 200, 200, 200],
    "/api/other": [401, 401, 401, 200, 200],
    "/api/ruled": [401, 401, 401, 401, 200],
    "/admin/host/status": [401, 401, 401, 401, 200],
  });
});

test("a key may come as ?code=, and a wrong key in the header wins over a right one in the query", async () => {
  const host = await useKeyedHost();
  const key = encodeURIComponent(await hostKey(host));

  expect(await status(host, `/api/keyed?code=${key}`)).toBe(200);
  expect(await status(host, `/api/keyed?code=${key}`, "wrong")).toBe(401);
  expect(await status(host, "/api/keyed?code=")).toBe(401);
});

test("keys outlive the host, in files that only their owner can read", async () => {
  const dataFolder = await useFolder();
  const first = await useKeyedHost(dataFolder);
  await administer(first, "PUT", "functions/keyed/keys/partner", {
    name: "partner",
    value: "chosen-by-hand",
  });
  await first.stop();

  const second = await useKeyedHost(dataFolder);

  expect(second.masterKey).toBe(first.masterKey);
  expect(await status(second, "/api/keyed", "chosen-by-hand")).toBe(200);
  for (const file of ["host.json", "keyed.json"]) {
    expect((await stat(join(dataFolder, "secrets", file))).mode & 0o077).toBe(0);
  }
});

test("keys are shown, renewed and taken away through the host's own pages; an old key ends at once", async () => {
  const host = await useKeyedHost();
  const before = await hostKey(host);

  const renewed = await administer(host, "POST", "host/functionkeys/default");
  const gone = await administer(host, "DELETE", "host/keys/default");
  const again = await administer(host, "DELETE", "host/keys/default");
  const listed = await administer(host, "GET", "host/keys");
  const renewedMaster = await administer(host, "POST", "host/keys/_master");

  expect(renewed).toMatchObject({
    status: 201,
    answer: { name: "default", value: expect.not.stringMatching(before) },
  });
  expect([gone.status, again.status]).toEqual([204, 404]);
  expect(listed.answer["keys"]).toEqual([{ name: "_master", value: expect.any(String) }]);
  expect(await status(host, "/api/keyed", before)).toBe(401);
  expect(await status(host, "/api/keyed", String(renewed.answer["value"]))).toBe(401);
  expect(await status(host, "/api/ruled", String(renewedMaster.answer["value"]))).toBe(200);
});

test.for([
  ["GET", "functions/nobody/keys", 404],
  ["GET", "functions/..%2fhost/keys", 404],
  ["DELETE", "host/keys/_master", 400],
  ["PUT", "host/keys/a.b", 400],
  ["PUT", "host/keys/fine", 400], // without a body
  ["PATCH", "host/keys/fine", 404],
] as const)("%s /admin/%s is answered with %i", async ([method, path, expected]) => {
  const host = await useKeyedHost();

  expect((await administer(host, method, path)).status).toBe(expected);
});

test("a file of keys that is none stops the start, with one line that names it", async () => {
  const dataFolder = await useFolder();
  const first = await useKeyedHost(dataFolder);
  await first.stop();
  const file = join(dataFolder, "secrets", "host.json");
  const { writeFile } = await import("node:fs/promises");
  await writeFile(file, '{"masterKey":"clear text"}');

  await expect(useKeyedHost(dataFolder)).rejects.toThrow(`${file} holds no keys`);
});
