import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { buildApp } from "../../../scripts/build.ts";
import { useHost } from "./host-under-test.ts";
import { esmPackage, useApp } from "./use-app.ts";

/** Uses of the library whose results come from code that a translation could change: classes, fields, errors, hooks. */
const SOURCE = `
  import { app, HttpResponse } from "@azure/functions";
  app.hook.preInvocation((context) => {
    context.hookData["kind"] = context.constructor.name;
    try { context.hookData = {}; } catch (error) { context.hookData["refusal"] = error.name + ": " + error.message; }
  });
  app.hook.postInvocation((context) => {
    if (context.error) Object.assign(context, { error: null, result: { status: 418, jsonBody: { ...context.hookData, error: context.error.message } } });
  });
  const route = (name, handler, methods = ["GET", "POST"]) => app.http(name, { methods, authLevel: "anonymous", route: name + "/{id?}", handler });
  route("seen", async (request, context) => ({
    jsonBody: {
      method: request.method, params: request.params, query: [...request.query], type: request.headers.get("content-type"),
      text: await request.clone().text(), bytes: [...new Uint8Array(await request.arrayBuffer())], used: request.bodyUsed, user: request.user,
      context: { name: context.functionName, keys: Object.keys(context).sort(), options: Object.keys(context.options), metadata: context.triggerMetadata },
    },
  }));
  route("answer", () => new HttpResponse({
    status: 201, body: "caf\\u00e9", headers: { "X-Name": "v" },
    cookies: [{ name: "a", value: "b c", secure: true, sameSite: "None", maxAge: 9 }, { name: "d", value: "" }],
  }));
  route("form", async (request) => ({ body: (await request.formData()).get("field") + "!" }));
  route("nothing", () => undefined);
  route("empty", () => ({ status: 204, body: "dropped" }));
  route("throws", () => { throw new TypeError("no such thing"); });
  route("number", () => 5);
`;

const REQUESTS: readonly (readonly [string, RequestInit])[] = [
  ["seen/7?a=1&a=2&b=%20", { method: "POST", body: "é€", headers: { "content-type": "text/x" } }],
  ["seen", { headers: { "x-ms-client-principal": btoa('{"userId":"u","userRoles":["r"]}') } }],
  ["answer", {}],
  ["form", { method: "POST", body: new URLSearchParams({ field: "f" }) }],
  ["nothing", {}],
  ["empty", {}],
  ["throws/1", {}],
  ["number", {}],
];

const useSource = (main: string): Promise<string> =>
  useApp({ "package.json": esmPackage(main), "functions/index.ts": SOURCE });

async function answers(appRoot: string): Promise<unknown[]> {
  const host = await useHost({ appRoot });
  return Promise.all(
    REQUESTS.map(async ([path, init]) => {
      const response = await fetch(`${host.url}/api/${path}`, init);
      const headers = [...response.headers].filter(([name]) => name !== "date");
      return { path, status: response.status, headers, body: await response.text() };
    }),
  );
}

test("an app answers the same with the library from its source, in the bundle, as with the library as published", async () => {
  const bundle = await useSource("dist/functions/index.js");
  const { entryFile } = await buildApp(bundle);
  const [bundled, published] = await Promise.all([
    answers(bundle),
    answers(await useSource("functions/index.ts")),
  ]);

  expect(bundled).toEqual(published);
  expect(JSON.stringify(published)).toContain("no such thing");
  const code = await readFile(entryFile, "utf8");
  expect(code).toContain("this.#nativeReq");
  expect(code).not.toContain("_HttpRequest_nativeReq");
});
