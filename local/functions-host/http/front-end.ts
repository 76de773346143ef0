import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HttpFunction } from "../app/index-functions.ts";
import type { HttpSettings } from "../app/host-json.ts";
import type { Log } from "../../part.ts";
import { InvocationFailure } from "../pool/worker-failure.ts";
import { childTrace } from "../trace-context.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { answerAdmin, type HostState } from "./admin.ts";
import { announcesBody, readBody } from "./request-body.ts";
import { isValidHost, splitTarget, toHttpData } from "./request.ts";
import { sendResult, sendStatus } from "./response.ts";
import { type RouteMatch, RouteTable } from "./route-table.ts";

export interface FrontEndOptions {
  readonly functions: readonly HttpFunction[];
  readonly http: HttpSettings;
  readonly bodyLimitBytes: number;
  readonly state: HostState;
  readonly log: Log;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

/** Kestrel's: a client that reuses a connection now and then must not run into a closed one. */
const KEEP_ALIVE_MS = 130_000;

const ADMIN_PATH = /^\/admin\//i;

/** The HTTP side of the host: routes requests to functions (rpc mode) and answers for the host itself. */
export class FrontEnd {
  readonly #options: FrontEndOptions;
  readonly #routes: RouteTable;
  readonly #server: Server;
  #outstanding = 0;
  #idle: (() => void) | undefined;
  #warnedOfChunks = false;

  constructor(options: FrontEndOptions) {
    this.#options = options;
    this.#routes = new RouteTable(options.functions, options.http.routePrefix);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Rejects with the system's own error (EADDRINUSE and the like). */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Takes no new connections; resolves when what is under way is answered, or after `patienceMs`. */
  async drain(patienceMs: number): Promise<void> {
    this.#server.close();
    this.#server.closeIdleConnections();
    if (this.#outstanding === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, patienceMs); // real time, like the requests it waits for
    await promise;
    clearTimeout(timer);
  }

  /** Cuts whatever connection is left. */
  close(): void {
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = splitTarget(request.url ?? "/");
    if (ADMIN_PATH.test(path)) {
      answerAdmin(path, this.#options.state, response);
      return;
    }
    const match = this.#routes.find(request.method ?? "GET", path);
    if (match === undefined) {
      refuse(request, response, 404);
      return;
    }
    const { maxOutstandingRequests } = this.#options.http;
    if (maxOutstandingRequests >= 0 && this.#outstanding >= maxOutstandingRequests) {
      refuse(request, response, 429);
      return;
    }
    this.#outstanding += 1;
    try {
      await this.#invoke(match, query, request, response);
    } catch (error) {
      this.#answerFailure(match.target.name, error, response);
    } finally {
      this.#outstanding -= 1;
      if (this.#outstanding === 0) this.#idle?.();
    }
  }

  async #invoke(
    { target, params }: RouteMatch,
    query: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { headers } = request;
    if (!isValidHost(headers.host)) {
      refuse(request, response, 400);
      return;
    }
    let body: Buffer | undefined;
    if (announcesBody(request)) {
      this.#warnOfChunks(request, target.name);
      const read = await readBody(request, this.#options.bodyLimitBytes);
      if (!read.ok) {
        if (read.reason === "too-large") refuse(request, response, 413);
        return;
      }
      body = read.body;
    }
    const http = toHttpData(request, headers.host, query, params, body);
    const result = await this.#options.invoke({
      invocationId: randomUUID(),
      functionName: target.name,
      inputData: [{ name: target.triggerName, data: { http } }],
      traceContext: childTrace(single(headers["traceparent"]), single(headers["tracestate"])),
    });
    sendResult(response, result);
  }

  #answerFailure(functionName: string, error: unknown, response: ServerResponse): void {
    if (!(error instanceof InvocationFailure)) {
      // The result could not be written, such as a header name that HTTP does not allow.
      this.#options.log("response failed", { function: functionName, error: String(error) });
    }
    // The invocation's own failure has been logged where it was noticed. A lost worker is a 500 as on Azure: the
    // function may have done its work, so inviting an automatic retry would be wrong.
    const noWorker = error instanceof InvocationFailure && error.failure === "no-worker";
    sendStatus(response, noWorker ? 503 : 500);
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
}

/** Answers without reading the body; a body too large to read takes its connection with it. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  sendStatus(response, status, status === 413 ? { connection: "close" } : undefined);
  request.resume();
}

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
