import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { Agent, request as sendRequest } from "../../node-http.ts";
import type { TypedData } from "../worker/wire.ts";

/** The real proxy's: how long a function may leave its caller without a sign. */
const SILENCE_MS = 240_000;

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "proxy-authorization",
]);

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** What of a request travels as trigger metadata in stream mode; its body does not. */
export function streamMetadata(
  request: IncomingMessage,
  query: string,
  params: Readonly<Record<string, string>>,
): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {
    Headers: { json: JSON.stringify(request.headers) },
    Query: { json: JSON.stringify(Object.fromEntries(new URLSearchParams(query))) },
  };
  // As on Azure query keys turn up among the parameters, unless a route parameter of that name matched.
  for (const [name, value] of new URLSearchParams(query)) metadata[name] = { string: value };
  for (const [name, value] of Object.entries(params)) metadata[name] = { string: value };
  return metadata;
}

export interface StreamTarget {
  /** The server inside the worker. */
  readonly uri: string;
  readonly invocationId: string;
  readonly host: string;
  /** Aborted when the function failed: then nobody will ever answer. */
  readonly given: AbortSignal;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Passes a request on to the worker's own server and its answer back, both as they come and no faster than the other
 * side reads. Resolves when the answer is through; rejects when the worker broke off before it began.
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: StreamTarget,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(target.uri);
    const onward = sendRequest({
      agent,
      hostname,
      port,
      path: request.url, // as it came: resolved as a link, one that begins with // would lead to another host
      method: request.method,
      headers: {
        ...passedOn(request.headers),
        host,
        "x-ms-invocation-id": target.invocationId,
        "x-forwarded-host": target.host,
        "x-forwarded-proto": "http",
      },
      signal: target.given,
      timeout: SILENCE_MS,
    });
    onward.on("timeout", () => onward.destroy(new Error("the function did not answer for 240 s")));
    onward.on("error", reject);
    onward.on("response", (answer) => {
      const headers = { ...target.headers, ...passedOn(answer.headers) };
      delete headers["x-ms-invocation-id"];
      response.writeHead(answer.statusCode ?? 200, headers);
      response.flushHeaders();
      pipeline(answer, response, (error) => (error ? reject(error) : resolve()));
    });
    response.on("close", () => {
      if (!response.writableFinished) onward.destroy();
    });
    pipeline(request, onward, () => undefined);
  });
}

function passedOn(headers: IncomingMessage["headers"]): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
