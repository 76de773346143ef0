import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { fixture, useHost } from "./host-under-test.ts";

const httpApp = { appRoot: fixture("http-app") };

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly custom: string | null;
  readonly body: string;
  readonly trace: string;
}

async function echoed(response: Response): Promise<Echo> {
  expect(response.status).toBe(202);
  const echo: Echo = JSON.parse(await response.text());
  return echo;
}

test("a request reaches its function whole, and its answer comes back whole", async () => {
  const host = await useHost(httpApp);

  const response = await fetch(`${host.url}/api/echo/7/full?a=1&a=2&b=%20x`, {
    method: "POST",
    body: "héy",
    headers: { "x-custom": "kept" },
  });

  expect(response.headers.get("x-invocation")).toMatch(/^[0-9a-f-]{36}$/);
  expect(await echoed(response)).toMatchObject({
    method: "POST",
    url: `${host.url}/api/echo/7/full?a=1&a=2&b=%20x`,
    params: { id: "7", view: "full" },
    query: { a: "1,2", b: " x" }, // rpc mode joins repeated keys
    custom: "kept",
    body: "héy",
  });
});

test("bytes travel unharmed in both directions", async () => {
  const host = await useHost(httpApp);
  const bytes = new Uint8Array(300_000).map((_, index) => (index * 31) % 256);

  const response = await fetch(`${host.url}/api/bytes`, { method: "POST", body: bytes });

  expect(response.headers.get("content-type")).toBe("application/x-test");
  expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
});

test.for([
  ["POST", "/api/echo/7", 202],
  ["POST", "/API/Echo/7/", 202],
  ["POST", "/api/echo", 404],
  ["POST", "/api/echo/7/full/more", 404],
  ["GET", "/api/echo/7", 404], // a wrong method is no match, so not 405
  ["GET", "/api/numbers/5", 202],
  ["GET", "/api/numbers/0", 404],
  ["GET", "/api/numbers/five", 404],
  ["GET", "/api/files", 202],
  ["GET", "/api/files/a/b%2Fc/d.txt", 202],
  ["GET", "/api/no-route", 200],
  ["GET", "/no-route", 404],
  ["GET", "/", 404],
  ["GET", "/api/answer/nothing", 204],
  ["GET", "/api/answer/empty-204", 204],
  ["GET", "/admin/host/ping", 200],
  ["GET", "/admin/nothing", 401],
] as const)("%s %s is answered with %i", async ([method, path, status]) => {
  const host = await useHost({ ...httpApp, inProcess: true });

  const response = await fetch(host.url + path, { method });

  expect(response.status).toBe(status);
  expect(status === 404 ? await response.text() : "").toBe("");
});

test("a catch-all parameter holds the rest of the path, encoded slashes kept", async () => {
  const host = await useHost({ ...httpApp, inProcess: true });

  const echo = await echoed(await fetch(`${host.url}/api/files/a/b%2Fc/d%20e.txt`));

  expect(echo.params).toEqual({ rest: "a/b%2Fc/d e.txt" });
});

test("the caller's trace goes on in a new span; without one a fresh trace begins", async () => {
  const host = await useHost({ ...httpApp, inProcess: true });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  const given = await echoed(
    await fetch(`${host.url}/api/echo/1`, { method: "POST", headers: { traceparent } }),
  );
  const fresh = await echoed(
    await fetch(`${host.url}/api/echo/1`, { method: "POST", headers: { traceparent: "junk" } }),
  );

  expect(given.trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  expect(given.trace).not.toBe(traceparent);
  expect(fresh.trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
});

test("a handler that throws gives 500 without a body, and one line in the log", async () => {
  const host = await useHost(httpApp);

  const response = await fetch(`${host.url}/api/answer/throw`);

  expect(response.status).toBe(500);
  expect(await response.text()).toBe("");
  const failures = host.lines.filter(({ event }) => event === "invocation failed");
  expect(failures).toHaveLength(1);
  expect(failures[0]?.facts).toMatchObject({
    function: "answer",
    error: "TypeError: the handler broke",
    at: expect.stringMatching(/^src\/index\.ts:\d+/),
  });
});

test("cookies get path=/ when the app sets none, and framing headers of the app are ignored", async () => {
  const host = await useHost({ ...httpApp, inProcess: true });

  const cookie = await fetch(`${host.url}/api/answer/cookie`);
  const framed = await fetch(`${host.url}/api/answer/bad-header`);

  expect(cookie.headers.get("set-cookie")).toBe("basket=a%20b; path=/; samesite=strict; httponly");
  expect(await framed.text()).toBe("fits");
});

test("a body over the limit is refused with 413, announced or not", async () => {
  const host = await useHost({ ...httpApp, settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000" } });
  const url = `${host.url}/api/echo/1`;

  const fits = await fetch(url, { method: "POST", body: "x".repeat(1000) });
  const announced = await fetch(url, { method: "POST", body: "x".repeat(1001) });
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const request = rawRequest(url, { method: "POST" }, (response) => resolve(response.statusCode));
    request.on("error", reject);
    request.write("x".repeat(600));
    setTimeout(() => request.write("x".repeat(600)), 20);
  });

  expect([fits.status, announced.status, chunked]).toEqual([202, 413, 413]);
});

test("a chunked body is delivered, with one warning that Azure would deliver nothing", async () => {
  const host = await useHost(httpApp);

  for (const _ of [1, 2]) {
    const init = { method: "POST", body: new Blob(["in ", "pieces"]).stream(), duplex: "half" } as const;
    expect((await echoed(await fetch(`${host.url}/api/echo/1`, init))).body).toBe("in pieces");
  }

  expect(host.lines.filter(({ event }) => event === "chunked request body")).toHaveLength(1);
});

test("a Host header that is no host is a 400, never a crash", async () => {
  const host = await useHost({ ...httpApp, inProcess: true });

  const answers = ["user@evil", "1.2.3.4.5", "a b"].map(async (name) =>
    rawAnswer(host.port, `Host: ${name}`),
  );

  expect(await Promise.all(answers)).toEqual(Array(3).fill("HTTP/1.1 400 Bad Request"));
});

function rawAnswer(port: number, hostHeader: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`GET /api/no-route HTTP/1.1\r\n${hostHeader}\r\nConnection: close\r\n\r\n`),
    );
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("close", () => resolve(text.split("\r\n")[0] ?? ""));
    socket.on("error", reject);
  });
}

test("functions see the app settings as environment, and nothing of the shell that started the host", async () => {
  process.env["SECRET_OF_THE_SHELL"] = "leak";
  const host = await useHost({ ...httpApp, settings: { GREETING: "hello" } });

  const answer = await fetch(`${host.url}/api/answer/setting`);

  delete process.env["SECRET_OF_THE_SHELL"];
  expect(await answer.json()).toEqual({ greeting: "hello", home: null, tz: "UTC" });
});

test("what a function logs is forwarded with its name and invocation id", async () => {
  const host = await useHost(httpApp);

  await fetch(`${host.url}/api/answer/log`);

  const logged = host.lines.filter(({ event }) => event === "function log");
  expect(logged.map(({ facts }) => facts["message"])).toEqual(["counted { sheep: 3 }", "from the console"]);
  for (const { facts } of logged) {
    expect(facts).toMatchObject({ function: "answer", invocation: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  }
});

test("a thousand requests at once are all answered, each with its own result", async () => {
  const host = await useHost(httpApp);

  const answers = await Promise.all(
    Array.from({ length: 1024 }, async (_, index) => {
      const response = await fetch(`${host.url}/api/echo/n${index}`, {
        method: "POST",
        body: `body ${index}`,
      });
      const { params, body } = await echoed(response);
      return params["id"] === `n${index}` && body === `body ${index}`;
    }),
  );

  expect(answers.every(Boolean)).toBe(true);
});

test("the status page says that the host runs", async () => {
  const host = await useHost({ ...httpApp, inProcess: true });

  const status = await fetch(`${host.url}/admin/host/status`, {
    headers: { "x-functions-key": host.masterKey },
  });

  expect(await status.json()).toMatchObject({ state: "Running" });
});
