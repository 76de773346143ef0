import { once } from "node:events";
import { createServer, request, Agent } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock, type HandClock } from "#local/clock/hand-clock.ts";
import type { Handler, WireLimits, WireRequest } from "#local/cosmos/http/wire/connection.ts";
import type { WireReply } from "#local/cosmos/http/wire/reply-text.ts";
import { WireServer } from "#local/cosmos/http/wire/wire-server.ts";

const limits: WireLimits = {
  maxBodyBytes: 100_000,
  headMs: 60_000,
  requestMs: 300_000,
  keepAliveMs: 600_000,
};

/** Answers with what it was asked, after a turn of the event loop. */
async function echo({ method, target, headers, body }: WireRequest): Promise<WireReply> {
  await new Promise(setImmediate);
  const status = Number(headers.get("x-status") ?? 200);
  return {
    status,
    headers: ["x-echo", headers.get("x-sent") ?? ""],
    body: JSON.stringify({ method, target, body }),
  };
}

interface Running {
  readonly port: number;
  readonly clock: HandClock;
  readonly failures: unknown[];
}

async function useServer(answer: Handler["answer"] = echo): Promise<Running> {
  const clock = createHandClock();
  const failures: unknown[] = [];
  const server = new WireServer({ answer, failed: (error) => failures.push(error) }, limits, clock);
  const port = await server.listen(0, "127.0.0.1");
  onTestFinished(() => server.close());
  return { port, clock, failures };
}

/** A client that sees the bytes. */
async function useSocket(
  port: number,
): Promise<{ socket: Socket; ended: Promise<string>; seen: () => string }> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  socket.on("error", () => undefined);
  const ended = Promise.race([once(socket, "end"), once(socket, "close")]).then(() => text);
  await once(socket, "connect");
  return { socket, ended, seen: () => text };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setTimeout(1);
};
const lines = (text: string): string[] => text.match(/HTTP\/1\.1 [^\r]*/g) ?? [];

test("requests sent at once are answered in order on one connection, which then is kept", async () => {
  const { port } = await useServer();
  const { socket, seen } = await useSocket(port);
  const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
  socket.write(one("/1") + one("/2") + one("/3"));
  await until(() => lines(seen()).length === 3 && seen().endsWith("}"));
  expect([...seen().matchAll(/"target":"\/(\d)"/g)].map(([, n]) => n)).toEqual(["1", "2", "3"]);
  socket.write(one("/4"));
  await until(() => seen().includes('"/4"'));
  expect(seen()).toContain("connection: keep-alive\r\nkeep-alive: timeout=600\r\n");
});

test("a client that expects 100 is told to go on, then answered", async () => {
  const { port } = await useServer();
  const { socket, seen } = await useSocket(port);
  socket.write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  await until(() => seen() !== "");
  expect(seen()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("hi");
  await until(() => seen().includes('"body":"hi"'));
});

test("what is no request is answered 400 in JSON, and the connection ends; others go on", async () => {
  const { port } = await useServer();
  const { socket, ended } = await useSocket(port);
  socket.write("nonsense\r\n\r\n");
  const text = await ended;
  expect(text).toContain("HTTP/1.1 400 Bad Request\r\n");
  expect(text).toContain("connection: close\r\n");
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject({ code: "400" });
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
});

test("a client may stop sending before it gets its answer", async () => {
  const { port } = await useServer();
  const { socket, ended } = await useSocket(port);
  socket.end("GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(await ended).toContain('"/last"');
});

test("a request that ends too early is answered 400", async () => {
  const { port } = await useServer();
  const { socket, ended } = await useSocket(port);
  socket.end("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
  expect(await ended).toContain("HTTP/1.1 400 ");
});

test.each([
  ["a slow head", "GET / HT", 60_000, "408 Request Timeout"],
  [
    "a slow body",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc",
    300_000,
    "408 Request Timeout",
  ],
  ["silence", "", 600_000, ""],
])("%s is waited for until its time is up, not longer", async (_title, start, limitMs, status) => {
  const { port, clock } = await useServer();
  const { socket, ended, seen } = await useSocket(port);
  // The answer shows that the server has seen the connection.
  socket.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => seen().endsWith("}"));
  if (start !== "") {
    socket.write(start);
    await setTimeout(20);
  }
  await clock.advance(limitMs - 10_000);
  await setTimeout(5);
  expect(lines(seen())).toHaveLength(1);
  await clock.advance(20_000);
  expect(lines(await ended).at(1) ?? "").toContain(status);
});

test("a client that reads nothing does not make the server hold its answers", async () => {
  const large = "x".repeat(4_000_000);
  let answered = 0;
  const { port, clock } = await useServer(() => {
    answered++;
    return Promise.resolve({ status: 200, headers: [], body: large });
  });
  const { socket, ended } = await useSocket(port);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(50));
  await setTimeout(100);
  expect(answered).toBeLessThan(5);
  await clock.advance(400_000);
  socket.resume();
  await ended;
  expect(answered).toBeLessThan(5);
});

test("a header that holds a line end is never sent; the failure is told", async () => {
  const { port, failures } = await useServer(() =>
    Promise.resolve({ status: 200, headers: ["x-bad", "a\r\nb: c"], body: "" }),
  );
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  expect(failures).toHaveLength(1);
});

test.each([204, 304])("an answer %i has no body and the next one is read right", async (status) => {
  const { port } = await useServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  expect((await ask(port, agent, "GET", { "x-status": String(status) }, "")).status).toBe(status);
  expect((await ask(port, agent, "GET", {}, "")).text).toContain('"GET"');
  expect((await ask(port, agent, "HEAD", {}, "")).text).toBe("");
  expect((await ask(port, agent, "GET", {}, "")).text).toContain('"GET"');
});

interface Got {
  readonly status: number | undefined;
  readonly echo: unknown;
  readonly text: string;
}

async function ask(
  port: number,
  agent: Agent,
  method: string,
  headers: Record<string, string>,
  body: string,
): Promise<Got> {
  const sent = request({ port, host: "127.0.0.1", method, agent, headers, path: "/a?b" });
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  response.setEncoding("utf8");
  for await (const part of response) text += part;
  return { status: response.statusCode, echo: response.headers["x-echo"], text };
}

test("a client gets from this server what it gets from node:http", async () => {
  const { port } = await useServer();
  const reference = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8").on("data", (part: string) => (body += part));
    message.on("end", () => {
      response.writeHead(200, { "x-echo": message.headers["x-sent"] ?? "" });
      response.end(JSON.stringify({ method: message.method, target: message.url, body }));
    });
  }).listen(0, "127.0.0.1");
  await once(reference, "listening");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
    reference.close();
  });
  const address = reference.address();
  const referencePort = typeof address === "object" && address !== null ? address.port : 0;
  const property = fc.asyncProperty(
    fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD"),
    fc.stringMatching(/^[!-~]{0,30}$/),
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.nat({ max: 90_000 }).map((n) => "é".repeat(n / 2)),
    ),
    fc.boolean(),
    async (method, value, text, chunked) => {
      const body = method === "GET" || method === "HEAD" ? "" : text;
      const framing: Record<string, string> = chunked
        ? { "transfer-encoding": "chunked" }
        : { "content-length": String(Buffer.byteLength(body)) };
      const headers = { "x-sent": value, ...framing };
      const ours = await ask(port, agent, method, headers, body);
      expect(ours).toEqual(await ask(referencePort, agent, method, headers, body));
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
