import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import { TransientFault } from "#shared/ports/faults.ts";

export interface Outgoing {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first byte out to the last byte in. */
  readonly timeoutMs: number;
  /** What of the answer's body is kept; the rest is not read and the connection is given up. */
  readonly maxAnswerBytes: number;
  /** Resolves the host instead of the system: pins the connection to addresses that were checked. */
  readonly lookup?: LookupFunction;
}

export interface Incoming {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Connections that are kept between calls. Idle ones keep no process alive. */
export interface Agents {
  readonly "http:": http.Agent;
  readonly "https:": https.Agent;
}

export function createAgents(): Agents {
  const options = { keepAlive: true, maxSockets: 64, scheduling: "lifo" } as const;
  return { "http:": new http.Agent(options), "https:": new https.Agent(options) };
}

/**
 * One HTTP call without retries and redirects. Any answer resolves, whatever its status. Throws TransientFault when
 * there is none; its outcome is unknown as soon as the connection stood, because the request may have been read. An error
 * thrown by `lookup` is passed on as it is.
 */
export function exchange(agents: Agents, outgoing: Outgoing): Promise<Incoming> {
  const { url, method, timeoutMs } = outgoing;
  const isHttps = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    let connected = false;
    const request = (isHttps ? https : http).request(url, {
      method,
      agent: isHttps ? agents["https:"] : agents["http:"],
      headers: { ...outgoing.headers, ...lengthOf(outgoing.body) },
      ...(outgoing.lookup && { lookup: outgoing.lookup }),
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const fail = (error: Error): void => reject(asFault(error, url, connected));
    let answered = false;
    request.once("close", () => {
      clearTimeout(timer);
      // An answer that changes the protocol ends the request without an error and without a response.
      if (!answered) fail(new Error("closed without an answer"));
    });
    request.once("socket", (socket) => {
      if (request.reusedSocket) connected = true;
      else socket.once(isHttps ? "secureConnect" : "connect", () => (connected = true));
    });
    request.once("error", fail);
    request.once("response", (response) => {
      answered = true;
      readAnswer(response, outgoing.maxAnswerBytes).then(resolve, fail);
    });
    request.end(outgoing.body);
  });
}

async function readAnswer(response: http.IncomingMessage, maxBytes: number): Promise<Incoming> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (bytes > maxBytes) break;
  }
  const body = Buffer.concat(chunks).subarray(0, maxBytes);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

function lengthOf(body: string | undefined): Record<string, number> {
  return body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
}

function asFault(error: Error, url: URL, unknownOutcome: boolean): Error {
  if (error.name === "PermanentFault" || error.name === "TransientFault") return error;
  // Neither path nor query: they may hold what must not be logged.
  return new TransientFault(`${url.host}: ${error.message}`, { unknownOutcome, cause: error });
}
