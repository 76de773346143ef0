import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { HttpFunction } from "../app/index-functions.ts";
import type { HttpSettings } from "../app/host-json.ts";
import { createServer } from "../../node-http.ts";
import type { Log } from "../../part.ts";
import { within } from "../pool/instance.ts";
import { InvocationFailure } from "../pool/worker-failure.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { answerAdmin, type HostAdministration } from "./admin.ts";
import { isAuthorised } from "./authorise.ts";
import { Places } from "./places.ts";
import { announcesBody, readBody } from "./request-body.ts";
import { isValidHost, splitTarget, toHttpData, traceOf } from "./request.ts";
import { sendResult, sendStatus } from "./response.ts";
import { type RouteMatch, RouteTable } from "./route-table.ts";
import { streamInvocation, type StreamingInstance } from "./stream-invocation.ts";

/** Where requests go: the instances of the app's HTTP functions. */
export interface HttpBackend {
  /** Waits for an instance if there is none. Rejects with an InvocationFailure. */
  invoke(request: InvocationRequest): Promise<InvocationResponse>;
  /** Undefined unless the app asked for HTTP streams. */
  readonly stream?: () => Promise<StreamingInstance>;
}

export interface FrontEndOptions {
  readonly http: HttpSettings;
  readonly bodyLimitBytes: number;
  readonly administration: HostAdministration;
  readonly log: Log;
}

/** Kestrel's: a client that reuses a connection now and then must not run into a closed one. */
const KEEP_ALIVE_MS = 130_000;

/** How many connections may wait to be accepted; Node's own 511 is less than a burst of requests. */
const BACKLOG = 4096;

const ADMIN_PATH = /^\/admin\//i;

/** The HTTP side of the host: routes requests to functions and answers for the host itself. */
export class FrontEnd {
  readonly #options: FrontEndOptions;
  readonly #server: Server;
  readonly #places: Places;
  readonly #headers: Readonly<Record<string, string>>;
  #routes: RouteTable;
  #backend: HttpBackend | undefined;
  #outstanding = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #warnedOfChunks = false;

  constructor(options: FrontEndOptions) {
    this.#options = options;
    this.#headers = options.http.customHeaders;
    this.#places = new Places(options.http.maxConcurrentRequests);
    this.#routes = new RouteTable([], options.http.routePrefix);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** How many requests for functions are under way, the held ones included. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** From now on requests go there; those under way stay where they are. */
  serve(functions: readonly HttpFunction[], backend: HttpBackend): void {
    this.#routes = new RouteTable(functions, this.#options.http.routePrefix);
    this.#backend = backend;
  }

  /** Rejects with the system's own error (EADDRINUSE and the like). */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host: "127.0.0.1", backlog: BACKLOG }, resolve);
    });
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Takes no new connections; resolves when what is under way is answered, or after `patienceMs`. */
  async drain(patienceMs: number): Promise<void> {
    this.#server.close();
    this.#server.closeIdleConnections();
    if (this.#outstanding === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    await within(this.#idle.promise, patienceMs);
  }

  /** Cuts whatever connection is left. */
  close(): void {
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitTarget(request.url ?? "/");
    if (ADMIN_PATH.test(path)) {
      await this.#serveAdmin(request, path, query, response);
      return;
    }
    const match = this.#routes.find(request.method ?? "GET", path);
    const refusal = match === undefined ? 404 : this.#refusalOf(match, request, query);
    if (match === undefined || refusal !== undefined) this.#refuse(request, response, refusal ?? 404);
    else await this.#answer(match, query, request, response);
  }

  #refusalOf({ target }: RouteMatch, request: IncomingMessage, query: string): number | undefined {
    const { http, administration } = this.#options;
    const { authLevel, name } = target;
    if (authLevel !== "anonymous" && !isAuthorised(administration.keys, authLevel, request, query, name)) {
      return 401;
    }
    const isFull = http.maxOutstandingRequests >= 0 && this.#outstanding >= http.maxOutstandingRequests;
    return isFull ? 429 : undefined;
  }

  async #answer(
    match: RouteMatch,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#outstanding += 1;
    const place = this.#places.take();
    if (place !== undefined) await place;
    try {
      await this.#invoke(match, query, request, response);
    } catch (error) {
      this.#answerFailure(match.target.name, error, response);
    } finally {
      this.#places.release();
      this.#outstanding -= 1;
      if (this.#outstanding === 0) this.#idle?.resolve();
    }
  }

  async #serveAdmin(
    request: IncomingMessage,
    path: string,
    query: string,
    response: ServerResponse,
  ): Promise<void> {
    try {
      await answerAdmin(this.#options.administration, request, path, query, response);
    } catch (error) {
      this.#options.log("administration failed", { path, error: String(error) });
      sendStatus(response, 500);
    }
  }

  async #invoke(
    match: RouteMatch,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { host } = request.headers;
    if (!isValidHost(host)) {
      this.#refuse(request, response, 400);
      return;
    }
    const backend = this.#backend;
    if (backend === undefined) throw new InvocationFailure("no-worker", "the host is starting");
    if (backend.stream !== undefined) {
      const { log } = this.#options;
      const exchange = { match, query, request, response, host, headers: this.#headers };
      await streamInvocation(exchange, await backend.stream(), log);
      return;
    }
    const { target, params } = match;
    let body: Buffer | undefined;
    if (announcesBody(request)) {
      this.#warnOfChunks(request, target.name);
      const read = await readBody(request, this.#options.bodyLimitBytes);
      if (!read.ok) {
        if (read.reason === "too-large") this.#refuse(request, response, 413);
        return;
      }
      body = read.body;
    }
    const http = toHttpData(request, host, query, params, body);
    const result = await backend.invoke({
      invocationId: randomUUID(),
      functionName: target.name,
      inputData: [{ name: target.triggerName, data: { http } }],
      traceContext: traceOf(request.headers),
    });
    sendResult(response, result, this.#headers);
  }

  #answerFailure(functionName: string, error: unknown, response: ServerResponse): void {
    if (!(error instanceof InvocationFailure)) {
      // The result could not be written, such as a header name that HTTP does not allow.
      this.#options.log("response failed", { function: functionName, error: String(error) });
    }
    // The invocation's own failure has been logged where it was noticed. A lost worker is a 500 as on Azure: the
    // function may have done its work, so inviting an automatic retry would be wrong.
    const noWorker = error instanceof InvocationFailure && error.failure === "no-worker";
    sendStatus(response, noWorker ? 503 : 500, this.#headers);
  }

  /** Azure's rpc mode hands over a body only with Content-Length; here it is delivered all the same. */
  #warnOfChunks(request: IncomingMessage, functionName: string): void {
    if (this.#warnedOfChunks || request.headers["transfer-encoding"] === undefined) return;
    this.#warnedOfChunks = true;
    this.#options.log("chunked request body", {
      function: functionName,
      warning: "delivered here, but Azure hands a function an empty body unless Content-Length is set",
    });
  }

  /** Answers without reading the body; a body too large to read takes its connection with it. */
  #refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
    sendStatus(response, status, status === 413 ? { ...this.#headers, connection: "close" } : this.#headers);
    request.resume();
  }
}
