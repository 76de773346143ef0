import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { checkToken, type SharedAccessKey } from "../access/sas.ts";
import { createServer } from "../../node-http.ts";
import type { Log } from "../../part.ts";
import type { Namespace } from "../broker/namespace.ts";
import { asBrokerError, BrokerError, type ErrorCode } from "../errors.ts";
import { MAX_ADMINISTRATION_BYTES } from "../limits.ts";
import { type Listening, listenOnLoopback } from "../listen.ts";
import { errorXml } from "./atom.ts";
import { queueSummaries } from "./queue-summaries.ts";
import { administrate } from "./resources.ts";

interface AdministrationParts {
  readonly namespace: Namespace;
  readonly keys: readonly SharedAccessKey[];
  readonly log: Log;
}

const statuses: Record<ErrorCode, number> = {
  notFound: 404,
  messageNotFound: 404,
  alreadyExists: 409,
  unauthorized: 401,
  invalid: 400,
  notAllowed: 400,
  notImplemented: 400,
  tooLarge: 413,
  lockLost: 410,
  sessionLockLost: 410,
  sessionCannotBeLocked: 409,
  timeout: 408,
  disabled: 400,
  quotaExceeded: 403,
  internal: 500,
};

/** The administration endpoint: ATOM for Azure's client, `/health`, and `/_expedite/queues` in plain JSON. */
export async function startAdministration(port: number, parts: AdministrationParts): Promise<Listening> {
  const servers: Server[] = [];
  const create = () => {
    const server = administrationServer(parts);
    servers.push(server);
    return server;
  };
  const listening = await listenOnLoopback(create, port);
  return {
    port: listening.port,
    async close() {
      const closed = listening.close();
      for (const server of servers) server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers on whatever connections it is given. */
export function administrationServer(parts: AdministrationParts): Server {
  const server = createServer((request, response) => void serve(request, response, parts));
  server.requestTimeout = 30_000;
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  parts: AdministrationParts,
): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!servePlain(request, url, response, parts)) await serveAtom(request, url, response, parts);
  } catch (error) {
    const failure = asBrokerError(error);
    if (failure.code === "internal") parts.log("service-bus.bug", { error: String(failure.cause) });
    const status = statuses[failure.code];
    response.writeHead(status, { "content-type": "application/xml;charset=utf-8" });
    response.end(errorXml(status, failure.message));
  }
}

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Answers that need no key. Only loopback can ask, and no web page through a name of its own. */
function servePlain(
  request: IncomingMessage,
  { pathname }: URL,
  response: ServerResponse,
  { namespace }: AdministrationParts,
): boolean {
  const answer = plainAnswers[pathname];
  if (answer === undefined || request.method !== "GET") return false;
  if (!loopbackHost.test(request.headers.host ?? "")) {
    throw new BrokerError("unauthorized", "This address is for local callers only.");
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer(namespace)));
  return true;
}

const plainAnswers: Readonly<Record<string, (namespace: Namespace) => unknown>> = {
  "/health": () => ({ status: "healthy", message: "Service is healthy." }),
  "/_expedite/queues": queueSummaries,
};

async function serveAtom(
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
  { namespace, keys }: AdministrationParts,
): Promise<void> {
  const origin = `https://${request.headers.host ?? "localhost"}`;
  const grant = checkToken(
    request.headers.authorization ?? "",
    `${origin}${request.url ?? ""}`,
    keys,
    Date.now(),
  );
  if (!grant.claims.has("Manage")) {
    throw new BrokerError(
      "unauthorized",
      "Unauthorized access. 'Manage' claim is required to perform this operation.",
    );
  }
  const reply = await administrate(namespace, {
    method: request.method ?? "GET",
    path: decodePath(url.pathname),
    query: url.searchParams,
    body: await readBody(request),
    update: request.headers["if-match"] === "*",
    origin,
  });
  response.writeHead(reply.status, { "content-type": "application/atom+xml;type=entry;charset=utf-8" });
  response.end(reply.xml);
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname).replace(/^\/+/, "");
  } catch {
    throw new BrokerError("invalid", "The path is not correctly encoded.");
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > MAX_ADMINISTRATION_BYTES) throw new BrokerError("tooLarge", "The request is too large.");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
