import type { ServerResponse } from "node:http";
import type { HttpCookie, HttpData, InvocationResponse, TypedData } from "../worker/wire.ts";

/** Set by the server itself; an app's own value would contradict the framing. */
const FRAMING_HEADERS = new Set(["transfer-encoding", "content-length", "connection", "keep-alive"]);

/** An answer without body, as Azure's host gives for everything that is not a function's result. */
export function sendStatus(response: ServerResponse, status: number, headers?: Record<string, string>): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, status === 204 ? headers : { "content-length": 0, ...headers });
  response.end();
}

/**
 * Writes a function's result; a function that returned nothing gives 204.
 *
 * @param custom headers of every answer, unless the function sets them itself.
 */
export function sendResult(
  response: ServerResponse,
  result: InvocationResponse,
  custom: Readonly<Record<string, string>>,
): void {
  const http = result.returnValue?.http;
  if (http === undefined) {
    sendStatus(response, 204, custom);
    return;
  }
  if (response.destroyed) return;
  const body = bytesOf(http.body);
  const status = Number(http.statusCode ?? 200);
  const headers = headersOf(http, custom);
  if (status !== 204 && status !== 304) headers.push("content-length", String(body?.length ?? 0));
  response.writeHead(status, headers);
  response.end(body);
}

/** In the flat form of `writeHead`, which keeps several set-cookie headers apart. */
function headersOf(http: HttpData, custom: Readonly<Record<string, string>>): string[] {
  const headers: string[] = [];
  for (const name in custom) {
    const value = custom[name];
    if (value !== undefined && http.headers?.[name.toLowerCase()] === undefined) headers.push(name, value);
  }
  for (const name in http.headers) {
    const value = http.headers[name];
    if (typeof value === "string" && !FRAMING_HEADERS.has(name)) headers.push(name, value);
  }
  for (const cookie of http.cookies ?? []) headers.push("set-cookie", cookieText(cookie));
  return headers;
}

function bytesOf(body: TypedData | undefined): Uint8Array | undefined {
  if (body === undefined) return undefined;
  if (body.bytes !== undefined) return body.bytes;
  return Buffer.from(body.string ?? body.json ?? String(body.int ?? body.double ?? ""));
}

/** The host adds `path=/` to a cookie that sets none. */
function cookieText(cookie: HttpCookie): string {
  const { domain, path, expires, secure, httpOnly, sameSite, maxAge } = cookie;
  const attributes = [
    expires && `expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    maxAge && `max-age=${maxAge.value}`,
    domain && `domain=${domain.value}`,
    `path=${path?.value ?? "/"}`,
    secure?.value === true && "secure",
    sameSiteText(sameSite),
    httpOnly?.value === true && "httponly",
  ].filter((attribute) => typeof attribute === "string");
  const pair = `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`;
  return [pair, ...attributes].join("; ");
}

/** In the worker's protocol "none" stands for "not set". */
function sameSiteText(sameSite: HttpCookie["sameSite"] = "none"): string | undefined {
  if (sameSite === "none") return undefined;
  return `samesite=${sameSite === "explicitNone" ? "none" : sameSite}`;
}
