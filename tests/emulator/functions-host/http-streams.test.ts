import { createServer, request as rawRequest } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const streamingApp = () =>
  useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      app.setup({ enableHttpStream: true });
      const open = { authLevel: "anonymous" } as const;
      app.http("echo", { ...open, methods: ["POST"], route: "echo/{id}", handler: async (request, context) => ({
        status: 202,
        headers: { "x-id": request.params.id, "x-invocation": context.invocationId, "x-query": request.query.getAll("a").join("+") },
        body: request.body,
      }) });
      app.http("count", { ...open, methods: ["POST"], handler: async (request) => {
        let bytes = 0;
        for await (const chunk of request.body) bytes += chunk.length;
        return { body: String(bytes) };
      } });
      app.http("slowly", { ...open, methods: ["GET"], handler: () => ({
        headers: { "content-type": "text/event-stream" },
        body: (async function* () {
          for (const word of ["one ", "two ", "three"]) {
            yield word;
            await new Promise((resolve) => setTimeout(resolve, 150));
          }
        })(),
      }) });
      app.http("throws", { ...open, methods: ["GET"], handler: () => { throw new Error("broken"); } });
      app.http("nothing", { ...open, methods: ["GET"], handler: () => undefined as never });`,
  });

const useStreams = async (): Promise<HostUnderTest> => useHost({ appRoot: await streamingApp() });

test("a chunked request streams through the function and back, its parameters and query beside it", async () => {
  const host = await useStreams();
  const body = new Blob(["in ", "pieces"]).stream();

  const response = await fetch(`${host.url}/api/echo/ord_1?a=1&a=2`, {
    method: "POST",
    body,
    duplex: "half",
  });

  expect(response.status).toBe(202);
  expect(await response.text()).toBe("in pieces");
  expect(response.headers.get("x-id")).toBe("ord_1");
  expect(response.headers.get("x-query")).toBe("1+2"); // rpc mode would have joined them
  expect(response.headers.get("x-ms-invocation-id")).toBeNull();
});

test("the function sees the first bytes of an upload while the caller still sends", async () => {
  const host = await useStreams();

  const arrived = await new Promise<string>((resolve, reject) => {
    const request = rawRequest(`${host.url}/api/echo/1`, { method: "POST" }, (response) => {
      response.once("data", (chunk) => {
        resolve(String(chunk)); // the request is not ended yet
        request.end();
        response.resume();
      });
    });
    request.on("error", reject);
    request.write("early");
  });

  expect(arrived).toBe("early");
});

test("an answer made piece by piece reaches the caller piece by piece", async () => {
  const host = await useStreams();
  const response = await fetch(`${host.url}/api/slowly`);
  const arrivals: number[] = [];
  let text = "";

  for await (const chunk of response.body ?? []) {
    arrivals.push(performance.now());
    text += Buffer.from(chunk).toString();
  }

  expect(text).toBe("one two three");
  expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(200);
});

test("an upload of 200 MB passes without being held in memory", async () => {
  const host = await useStreams();
  const megabyte = new Uint8Array(1024 * 1024);
  const before = process.memoryUsage().rss;
  let left = 200;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (left-- > 0 ? controller.enqueue(megabyte) : controller.close()),
  });

  const response = await fetch(`${host.url}/api/count`, { method: "POST", body, duplex: "half" });

  expect(await response.text()).toBe(String(200 * 1024 * 1024));
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
});

test("a handler that throws, or returns nothing, would leave its caller waiting on Azure; here it is a 500 that says so", async () => {
  const host = await useStreams();

  const statuses = await Promise.all(
    ["throws", "nothing"].map(async (path) => (await fetch(`${host.url}/api/${path}`)).status),
  );

  expect(statuses).toEqual([500, 500]);
  const warnings = host.lines
    .filter(({ event }) => event === "no answer")
    .map(({ facts }) => facts["function"]);
  expect(new Set(warnings)).toEqual(new Set(["nothing", "throws"]));
});

test("a caller that goes away in the middle leaves nothing running", async () => {
  const host = await useStreams();
  const leaving = new AbortController();
  const response = await fetch(`${host.url}/api/slowly`, { signal: leaving.signal });
  await response.body?.getReader().read();

  leaving.abort();

  expect((await fetch(`${host.url}/api/echo/1`, { method: "POST", body: "next" })).status).toBe(202);
  await eventually(async () => ((await outstanding(host)) === 0 ? true : undefined));
});

async function outstanding(host: HostUnderTest): Promise<unknown> {
  const response = await fetch(`${host.url}/admin/host/drain/status`, {
    headers: { "x-functions-key": host.masterKey },
  });
  const status: Record<string, unknown> = JSON.parse(await response.text());
  return status["outstandingInvocations"];
}

test("a thousand streamed requests at once are all answered, each with its own body", async () => {
  const host = await useStreams();

  const answers = await Promise.all(
    Array.from({ length: 1024 }, async (_, index) => {
      const response = await fetch(`${host.url}/api/echo/n${index}`, {
        method: "POST",
        body: `body ${index}`,
      });
      return (await response.text()) === `body ${index}` && response.headers.get("x-id") === `n${index}`;
    }),
  );

  expect(answers.every(Boolean)).toBe(true);
});

test("a path that looks like another host goes to the function all the same", async () => {
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("not the function");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void stranger.close());
  const address = stranger.address();
  const elsewhere = typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";
  const host = await useHost({
    appRoot: await useApp({
      "host.json": '{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }',
      "index.ts": `
        import { app } from "@azure/functions";
        app.setup({ enableHttpStream: true });
        app.http("all", { methods: ["GET"], authLevel: "anonymous", route: "{*rest}", handler: () => ({ body: "the function" }) });`,
    }),
  });

  const answer = await new Promise<string>((resolve, reject) => {
    const path = `//${elsewhere}/secret`;
    const request = rawRequest({ host: "127.0.0.1", port: host.port, path }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end();
  });

  expect(asked).toEqual([]);
  expect(answer).toBe("the function");
});
