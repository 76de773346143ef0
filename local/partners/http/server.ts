import type { Server as NetServer } from "node:net";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import { createServer } from "../../node-http.ts";
import type { Log } from "../../part.ts";
import { errorAnswer } from "./answers.ts";
import { findRoute, type Reply, type Route } from "./router.ts";

/** Azure Communication Services takes mails up to 10 MB, attachments included. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Longer than any pause of a busy caller, so that no call meets a connection which is just being closed. */
const KEEP_ALIVE_MS = 65_000;

/** Serves the routes; the caller listens and closes. */
export function createPartnersServer(routes: readonly Route[], log: Log): Server {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answerRequest(routes, request, response).catch((error: unknown) => {
      // A caller that went away is no fault of ours.
      if (!request.socket.destroyed) log("partners.request-failed", { error: String(error) });
      request.socket.destroy();
    });
  });
}

async function answerRequest(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? "/";
  const url = URL.parse(target, "http://partners");
  const method = request.method ?? "GET";
  const found = url === null ? undefined : findRoute(routes, method, url.pathname);
  const body = await readBody(request);
  if (url === null || found === undefined || found.kind === "nothing") {
    return send(response, errorAnswer(404, "NotFound", `There is nothing at ${target}.`));
  }
  if (found.kind === "other-methods") {
    response.setHeader("allow", found.allow);
    return send(response, errorAnswer(405, "MethodNotAllowed", `Allowed here: ${found.allow}.`));
  }
  if (body === "too-large") {
    response.setHeader("connection", "close");
    return send(response, errorAnswer(413, "RequestTooLarge", `More than ${MAX_BODY_BYTES} bytes.`));
  }
  const { route, params } = found;
  const { headers } = request;
  const answer = await route.handle({ method, target, params, query: url.searchParams, headers, body });
  if (answer === "drop") {
    request.socket.destroy();
    return;
  }
  await send(response, answer);
}

async function readBody(request: IncomingMessage): Promise<Buffer | "too-large"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return "too-large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function send(response: ServerResponse, answer: Reply): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.chunks !== undefined) {
    response.writeHead(answer.status, { "content-type": "application/json" });
    for await (const chunk of answer.chunks) {
      if (!response.write(chunk)) await once(response, "drain");
    }
    response.end();
    return;
  }
  if (answer.body === undefined) {
    response.writeHead(answer.status).end();
    return;
  }
  const text = JSON.stringify(answer.body);
  response
    .writeHead(answer.status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    })
    .end(text);
}

/** The port a listening server was given. */
export function portOf(server: NetServer): number {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("The server does not listen on a port");
  return address.port;
}
