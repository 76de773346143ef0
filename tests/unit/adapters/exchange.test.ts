import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createAgents, exchange, type Outgoing } from "#shared/adapters/http/exchange.ts";

const call = (url: string, changes: Partial<Outgoing> = {}): Outgoing => ({
  method: "POST",
  url: new URL(url),
  headers: {},
  body: "{}",
  timeoutMs: 2_000,
  maxAnswerBytes: 1_024,
  ...changes,
});

/** A server that does with each connection what the test says. */
async function useServer(handle: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return `http://127.0.0.1:${address.port}/`;
}

test("a refused connection is transient, and nothing can have been read", async () => {
  await expect(exchange(createAgents(), call("http://127.0.0.1:1/"))).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: false,
  });
});

test("a connection that is dropped after it stood is an unknown outcome", async () => {
  const url = await useServer((socket) => socket.once("data", () => socket.destroy()));
  await expect(exchange(createAgents(), call(url))).rejects.toMatchObject({ unknownOutcome: true });
});

test("an answer that breaks off is an unknown outcome", async () => {
  const url = await useServer((socket) =>
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
      setTimeout(() => socket.destroy(), 20);
    }),
  );
  await expect(exchange(createAgents(), call(url))).rejects.toMatchObject({ unknownOutcome: true });
});

test("a server that wants to speak another protocol is told off at once: nobody waits for it for ever", async () => {
  const url = await useServer((socket) =>
    socket.once("data", () =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: chat\r\nconnection: upgrade\r\n\r\n"),
    ),
  );
  await expect(exchange(createAgents(), call(url))).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: true,
  });
});

test("a server that trickles is given up after the time-out as a whole", async () => {
  const url = await useServer((socket) =>
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
      const trickle = setInterval(() => socket.write("."), 20);
      socket.once("close", () => clearInterval(trickle));
    }),
  );
  const begun = performance.now();
  await expect(exchange(createAgents(), call(url, { timeoutMs: 150 }))).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: true,
    message: expect.stringContaining("150 ms"),
  });
  expect(performance.now() - begun).toBeLessThan(1_500);
});

test("of an endless answer only the beginning is read", async () => {
  let written = 0;
  const url = await useServer((socket) =>
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const chunk = Buffer.alloc(64 * 1_024, "x");
      const more = (): void => {
        for (;;) {
          if (socket.destroyed) return;
          written += chunk.length;
          if (!socket.write(chunk)) break;
        }
        socket.once("drain", more);
      };
      more();
    }),
  );
  const answer = await exchange(createAgents(), call(url, { maxAnswerBytes: 10 }));
  expect([answer.status, answer.body.toString()]).toEqual([200, "x".repeat(10)]);
  expect(written).toBeLessThan(64 * 1_024 * 1_024);
});

test("connections are used again", async () => {
  let connections = 0;
  const url = await useServer((socket) => {
    connections++;
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
  });
  const agents = createAgents();
  for (let turn = 0; turn < 3; turn++) await exchange(agents, call(url));
  expect(connections).toBe(1);
});

test("what the call was about stays out of the description", async () => {
  const agents = createAgents();
  const secret = call("http://127.0.0.1:1/path-of-secrets?token=secret");
  await expect(exchange(agents, secret)).rejects.toMatchObject({
    message: expect.not.stringContaining("secret"),
  });
});
