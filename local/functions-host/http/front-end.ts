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

/** What one generation of the app has to do with HTTP. */
export interface HttpApp {
  readonly functions: readonly HttpFunction[];
  /** Of its host.json. */
  readonly http: HttpSettings;
  readonly backend: HttpBackend;
}

/** That, made ready for requests; one that has begun stays with the app it found. */
interface Served {
  readonly http: HttpSettings;
  readonly routes: RouteTable;
  readonly places: Places;
  readonly backend: HttpBackend;
}

interface Exchange {
  readonly served: Served;
  readonly match: RouteMatch;
  readonly query: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface FrontEndOptions {
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
  readonly #begun = Promise.withResolvers<Served>();
  #served: Served | undefined;
  #outstanding = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #warnedOfChunks = false;

  constructor(options: FrontEndOptions) {
    this.#options = options;
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** How many requests for functions are under way, the held ones included. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** From now on requests go there; those under way stay where they are. */
  serve({ functions, http, backend }: HttpApp): void {
    const routes = new RouteTable(functions, http.routePrefix);
    this.#served = { http, routes, backend, places: new Places(http.maxConcurrentRequests) };
    this.#begun.resolve(this.#served);
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
    const served = this.#served ?? (await this.#begun.promise); // what comes while the app is being loaded waits for it
    const match = served.routes.find(request.method ?? "GET", path);
    const refusal = match === undefined ? 404 : this.#refusalOf(served, match, request, query);
    const { customHeaders } = served.http;
    if (match === undefined || refusal !== undefined)
      this.#refuse(request, response, refusal ?? 404, customHeaders);
    else await this.#answer({ served, match, query, request, response });
  }

  #refusalOf(
    { http }: Served,
    { target }: RouteMatch,
    request: IncomingMessage,
    query: string,
  ): number | undefined {
    const { authLevel, name } = target;
    const { keys } = this.#options.administration;
    if (authLevel !== "anonymous" && !isAuthorised(keys, authLevel, request, query, name)) return 401;
    const isFull = http.maxOutstandingRequests >= 0 && this.#outstanding >= http.maxOutstandingRequests;
    return isFull ? 429 : undefined;
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { places } = exchange.served;
    this.#outstanding += 1;
    const place = places.take();
    if (place !== undefined) await place;
    try {
      await this.#invoke(exchange);
    } catch (error) {
      this.#answerFailure(exchange, error);
    } finally {
      places.release();
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

  async #invoke({ served, match, query, request, response }: Exchange): Promise<void> {
    const { backend } = served;
    const { customHeaders } = served.http;
    const { host } = request.headers;
    if (!isValidHost(host)) {
      this.#refuse(request, response, 400, customHeaders);
      return;
    }
    if (backend.stream !== undefined) {
      const exchange = { match, query, request, response, host, headers: customHeaders };
      await streamInvocation(exchange, await backend.stream(), this.#options.log);
      return;
    }
    const { target, params } = match;
    let body: Buffer | undefined;
    if (announcesBody(request)) {
      this.#warnOfChunks(request, target.name);
      const read = await readBody(request, this.#options.bodyLimitBytes);
      if (!read.ok) {
        if (read.reason === "too-large") this.#refuse(request, response, 413, customHeaders);
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
    sendResult(response, result, customHeaders);
  }

  #answerFailure({ served, match, response }: Exchange, error: unknown): void {
    if (!(error instanceof InvocationFailure)) {
      // The result could not be written, such as a header name that HTTP does not allow.
      this.#options.log("response failed", { function: match.target.name, error: String(error) });
    }
    // The invocation's own failure has been logged where it was noticed. A lost worker is a 500 as on Azure: the
    // function may have done its work, so inviting an automatic retry would be wrong.
    const noWorker = error instanceof InvocationFailure && error.failure === "no-worker";
    sendStatus(response, noWorker ? 503 : 500, served.http.customHeaders);
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
  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    sendStatus(response, status, status === 413 ? { ...headers, connection: "close" } : headers);
    request.resume();
  }
}
