import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../../part.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { traceOf } from "./request.ts";
import { sendStatus } from "./response.ts";
import type { RouteMatch } from "./route-table.ts";
import { forward, streamMetadata } from "./stream.ts";

/** One instance of an app that asked for HTTP streams. */
export interface StreamingInstance {
  /** Of the library's own server in the worker. */
  readonly uri: string;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

export interface Exchange {
  readonly match: RouteMatch;
  readonly query: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The Host header, checked. */
  readonly host: string;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer is on its way before the invocation ends; what is not there a moment later never comes. */
const ANSWER_AFTER_END_MS = 1000;

/**
 * Runs a function of an app with HTTP streams: the request goes straight to the worker's own server, the invocation beside it,
 * and the library puts the two together by the invocation's id.
 *
 * A function that failed, or returned nothing, never answers there; Azure's proxy gives up after 240 s.
 */
export async function streamInvocation(
  { match: { target, params }, query, request, response, host, headers }: Exchange,
  { uri, invoke }: StreamingInstance,
  log: Log,
): Promise<void> {
  const invocationId = randomUUID();
  const given = new AbortController();
  const forwarded = forward(request, response, { uri, invocationId, host, given: given.signal, headers });
  const invoked = invoke({
    invocationId,
    functionName: target.name,
    inputData: [{ name: target.triggerName, data: { http: {} } }],
    triggerMetadata: streamMetadata(request, query, params),
    traceContext: traceOf(request.headers),
  });
  const giveUp = (): void => {
    if (!response.headersSent) given.abort();
  };
  invoked.then(() => setTimeout(giveUp, ANSWER_AFTER_END_MS).unref(), giveUp);
  const [forwarding] = await Promise.allSettled([forwarded, invoked]);
  if (forwarding.status === "fulfilled" || response.destroyed) return;
  log("no answer", {
    function: target.name,
    warning: "answered with 500 here; on Azure the caller of a streaming function waits 240 s for nothing",
  });
  if (response.headersSent) response.destroy();
  else sendStatus(response, 500, headers);
}
