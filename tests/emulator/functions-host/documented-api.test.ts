import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { queueHolds, useBus } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

/** An app as Microsoft's developer guide for the v4 model writes one, by chapters: what it registers, reads and answers. */
const useGuideApp = async (source: string, settings: Record<string, string> = {}): Promise<HostUnderTest> =>
  useHost({
    appRoot: await useApp({
      "index.ts": `import { app, HttpResponse, input, output, trigger } from "@azure/functions";\n${source}`,
    }),
    settings,
  });

const keyed = (host: HostUnderTest) => ({ headers: { "x-functions-key": host.masterKey } });

test("each verb has its method of app, a function without methods takes GET and POST, HEAD and OPTIONS are asked for like any other", async () => {
  const host = await useGuideApp(`
    const say = (word) => ({ authLevel: "anonymous", handler: () => ({ body: word }) });
    app.get("read", say("get"));
    app.post("make", say("post"));
    app.put("put", say("put"));
    app.patch("change", say("patch"));
    app.deleteRequest("drop", say("delete"));
    app.http("usual", say("usual"));
    app.http("asked", { ...say("asked"), methods: ["HEAD", "OPTIONS"] });`);
  const asked = async (method: string, route: string) => {
    const response = await fetch(`${host.url}/api/${route}`, { method });
    return [response.status, await response.text()];
  };

  expect(await asked("GET", "read")).toEqual([200, "get"]);
  expect(await asked("POST", "make")).toEqual([200, "post"]);
  expect(await asked("PUT", "put")).toEqual([200, "put"]);
  expect(await asked("PATCH", "change")).toEqual([200, "patch"]);
  expect(await asked("DELETE", "drop")).toEqual([200, "delete"]);
  expect(await asked("GET", "usual")).toEqual([200, "usual"]);
  expect(await asked("POST", "usual")).toEqual([200, "usual"]);
  expect(await asked("PUT", "usual")).toEqual([404, ""]);
  expect(await asked("HEAD", "read")).toEqual([404, ""]);
  expect(await asked("HEAD", "asked")).toEqual([200, ""]);
  expect(await asked("OPTIONS", "asked")).toEqual([200, "asked"]);
});

test("a body is read as text, JSON, bytes, blob or form, with its files", async () => {
  const host = await useGuideApp(`
    const read = (name, handler) => app.post(name, { authLevel: "anonymous", handler: async (request) => ({ jsonBody: await handler(request) }) });
    read("json", (request) => request.json());
    read("bytes", async (request) => [...new Uint8Array(await request.arrayBuffer())]);
    read("blob", async (request) => { const blob = await request.blob(); return [blob.type, blob.size]; });
    read("form", async (request) => {
      const form = await request.formData();
      const file = form.get("file");
      return { field: form.get("field"), name: file.name, type: file.type, text: await file.text() };
    });`);
  const sent = async (
    route: string,
    body: NonNullable<RequestInit["body"]>,
    headers = {},
  ): Promise<unknown> => (await fetch(`${host.url}/api/${route}`, { method: "POST", body, headers })).json();
  const form = new FormData();
  form.set("field", "é");
  form.set("file", new Blob(["contents"], { type: "text/csv" }), "list.csv");
  // One piece with a length: Azure hands no chunked body to a function in this mode.
  const encoded = new Response(form);
  const multipart = { "content-type": encoded.headers.get("content-type") ?? "" };

  expect(await sent("json", '{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(await sent("bytes", new Uint8Array([0, 255, 10]))).toEqual([0, 255, 10]);
  expect(await sent("blob", "four", { "content-type": "image/x-test" })).toEqual(["image/x-test", 4]);
  expect(await sent("form", await encoded.arrayBuffer(), multipart)).toEqual({
    field: "é",
    name: "list.csv",
    type: "text/csv",
    text: "contents",
  });
});

test("an answer may be text, JSON, bytes, a form, a stream, an iterable or an HttpResponse, with any status and headers", async () => {
  const host = await useGuideApp(`
    const answer = (name, make) => app.get(name, { authLevel: "anonymous", handler: () => make() });
    answer("json", () => ({ jsonBody: [1] }));
    answer("bytes", () => ({ body: new Uint8Array([1, 2]) }));
    answer("params", () => ({ body: new URLSearchParams({ a: "1 2" }) }));
    answer("stream", () => ({ body: new Blob(["in ", "pieces"]).stream() }));
    answer("iterable", () => ({ body: (async function* () { yield "one "; yield "two"; })() }));
    answer("moved", () => ({ status: 302, headers: { location: "/elsewhere" } }));
    answer("headers", () => ({ headers: new Headers([["x-a", "1"], ["x-a", "2"]]) }));
    answer("class", () => {
      const response = new HttpResponse({ status: 201, body: "made" });
      response.headers.set("x-made", "yes");
      return response;
    });
    answer("number", () => 5);`);
  const got = async (route: string) => {
    const response = await fetch(`${host.url}/api/${route}`, { redirect: "manual" });
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    };
  };

  const json = await got("json");
  expect([json.headers.get("content-type"), String(json.bytes)]).toEqual(["application/json", "[1]"]);
  expect([...(await got("bytes")).bytes]).toEqual([1, 2]);
  const params = await got("params");
  expect([params.headers.get("content-type"), String(params.bytes)]).toEqual([
    "application/x-www-form-urlencoded;charset=UTF-8",
    "a=1+2",
  ]);
  expect(String((await got("stream")).bytes)).toBe("in pieces");
  expect(String((await got("iterable")).bytes)).toBe("one two");
  const moved = await got("moved");
  expect([moved.status, moved.headers.get("location")]).toEqual([302, "/elsewhere"]);
  expect((await got("headers")).headers.get("x-a")).toBe("1, 2");
  const made = await got("class");
  expect([made.status, made.headers.get("x-made"), String(made.bytes)]).toEqual([201, "yes", "made"]);
  expect((await got("number")).status).toBe(500); // "must be an object", says the library
});

test("64 MB travel through the worker's channel and back unharmed", async () => {
  const host = await useGuideApp(`
    app.post("echo", { authLevel: "anonymous", handler: async (request) => ({ body: await request.arrayBuffer() }) });`);
  const body = Buffer.alloc(64 * 1024 * 1024, "0123456789abcdef!");

  const response = await fetch(`${host.url}/api/echo`, { method: "POST", body });

  const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(body));
});

test("the generic forms do what the others do; an http trigger of that kind asks for a key unless it says otherwise", async () => {
  const bus = await useBus();
  await bus.admin.createQueue("copies");
  const host = await useGuideApp(
    `
    app.generic("take", {
      trigger: trigger.generic({ type: "httpTrigger", methods: ["post"], route: "take/{id}" }),
      return: output.generic({ type: "http" }),
      extraOutputs: [output.generic({ type: "serviceBus", name: "queued", queueName: "work", connection: "Bus" })],
      handler: async (request, context) => {
        context.extraOutputs.set("queued", { id: request.params.id });
        return { status: 202 };
      },
    });
    app.generic("copy", {
      trigger: trigger.generic({ type: "serviceBusTrigger", queueName: "work", connection: "Bus" }),
      return: output.generic({ type: "serviceBus", queueName: "copies", connection: "Bus" }),
      handler: (message) => message,
    });`,
    { Bus: bus.connectionString },
  );

  const withoutKey = await fetch(`${host.url}/api/take/7`, { method: "POST" });
  const withKey = await fetch(`${host.url}/api/take/7`, { method: "POST", ...keyed(host) });
  const [copy] = await bus.client.createReceiver("copies").receiveMessages(1, { maxWaitTimeInMs: 20_000 });

  expect([withoutKey.status, withKey.status]).toEqual([401, 202]);
  expect(copy?.body).toEqual({ id: "7" });
  await queueHolds(bus, 0, 0);
});

const Context = z.object({
  functionName: z.literal("tell"),
  invocationId: z.uuid(),
  traceParent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/),
  triggerType: z.literal("httpTrigger"),
  inputs: z.literal(0),
  retry: z.null(),
});

test("the context is what the guide lists: names, trace, options, and loggers of every level", async () => {
  const host = await useGuideApp(`
    app.get("tell", { authLevel: "anonymous", handler: (request, context) => {
      context.trace("t"); context.debug("d"); context.info("i"); context.log("l %d", 1); context.warn("w"); context.error("e");
      return { jsonBody: {
        functionName: context.functionName, invocationId: context.invocationId, traceParent: context.traceContext.traceParent,
        triggerType: context.options.trigger.type, inputs: context.options.extraInputs.length, retry: context.retryContext ?? null,
      } };
    } });`);

  const told = Context.parse(await (await fetch(`${host.url}/api/tell`)).json());

  const lines = await eventually(() => {
    const logged = host.lines.filter(({ event }) => event === "function log").map(({ facts }) => facts);
    return logged.length >= 4 ? logged : undefined;
  });
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ["information", "i"],
    ["information", "l 1"],
    ["warning", "w"],
    ["error", "e"],
  ]);
  for (const line of lines) expect(line).toMatchObject({ function: "tell", invocation: told.invocationId });
});
