import type { IncomingMessage } from "node:http";
import { childTrace, type TraceContext } from "../trace-context.ts";
import type { HttpData } from "../worker/wire.ts";

const HOST = /^[\w.-]+(:\d{1,5})?$|^\[[\da-fA-F:.]+\](:\d{1,5})?$/;

/** Parts of a request target that is in origin form (`/path?query`). */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

let lastValidHost = "";

/** True for a Host header that can be part of a URL; Kestrel answers 400 to any other. */
export function isValidHost(host: string | undefined): host is string {
  if (host === undefined) return false;
  if (host === lastValidHost) return true;
  if (!HOST.test(host) || !URL.canParse(`http://${host}/`)) return false;
  lastValidHost = host;
  return true;
}

/** What the worker is told of a request in rpc mode. */
export function toHttpData(
  request: IncomingMessage,
  host: string,
  query: string,
  params: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): HttpData {
  const data = {
    method: request.method ?? "GET",
    url: `http://${host}${request.url ?? "/"}`,
    headers: request.headers,
    query: query === "" ? NO_QUERY : joinedQuery(query),
    params,
  };
  return body === undefined ? data : { ...data, body: { bytes: body } };
}

const NO_QUERY: Readonly<Record<string, string>> = {};

/** In rpc mode repeated keys arrive joined with a comma. */
function joinedQuery(query: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

/** The caller's trace goes on in a span of our own. */
export const traceOf = (headers: IncomingMessage["headers"]): TraceContext =>
  childTrace(single(headers["traceparent"]), single(headers["tracestate"]));

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
