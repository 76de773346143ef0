import { malformed, WireError } from "./wire-error.ts";

/** Names in lower case. */
export type Headers = ReadonlyMap<string, string>;

/** Request line and header fields, and what they say about the message. https://www.rfc-editor.org/rfc/rfc9112 */
export interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  /** Does the client want to go on with this connection? */
  readonly keepAlive: boolean;
  /** Bytes of the body, or in chunks until the last one. */
  readonly bodyLength: number | "chunked";
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

const TAB = 0x09;
const SPACE = 0x20;
/** Control characters, and line ends that are not CR LF. */
const forbidden = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
const requestLine = /^([A-Z][A-Z-]*) ([^ \t]+) HTTP\/(\d\.\d)$/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A second one of these would let two readers understand two different messages. */
const single: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

/** Header names in lower case by how they were sent: a client sends the same ones each time. */
const known = new Map<string, string>();
const MAX_KNOWN = 1000;

/** `text` is what precedes the empty line, one character per byte. */
export function readHead(text: string): Head {
  if (forbidden.test(text)) throw malformed("a character that no header may hold");
  const lineEnd = text.indexOf("\r\n");
  const first = requestLine.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
  if (first === null) throw malformed("the request line");
  const [, method, target, version] = first;
  if (version !== "1.1" && version !== "1.0") throw new WireError(505, `HTTP/${version!} is not supported.`);
  const headers = lineEnd < 0 ? new Map<string, string>() : readFields(text, lineEnd + 2);
  if (version === "1.1" && !headers.has("host")) throw malformed("no host");
  return {
    method: method!,
    target: target!,
    headers,
    keepAlive: keepsAlive(version, headers.get("connection")),
    bodyLength: bodyLength(headers),
    expectsContinue: expectsContinue(headers.get("expect")),
  };
}

function readFields(text: string, start: number): Map<string, string> {
  const headers = new Map<string, string>();
  for (let from = start; from < text.length;) {
    const end = text.indexOf("\r\n", from);
    const to = end < 0 ? text.length : end;
    const colon = text.indexOf(":", from);
    if (colon < 0 || colon > to) throw malformed("a header without colon");
    const name = nameOf(text.slice(from, colon));
    const value = trimmed(text, colon + 1, to);
    const before = headers.get(name);
    if (before !== undefined && single.has(name)) throw malformed(`two headers '${name}'`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
    from = to + 2;
  }
  return headers;
}

function nameOf(sent: string): string {
  const name = known.get(sent);
  if (name !== undefined) return name;
  // Refuses a space before the colon and a continued line, too.
  if (!token.test(sent)) throw malformed("a header name");
  if (known.size >= MAX_KNOWN) known.clear();
  const lower = sent.toLowerCase();
  known.set(sent, lower);
  return lower;
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

function keepsAlive(version: string, connection: string | undefined): boolean {
  if (connection === "keep-alive") return true;
  if (connection === undefined) return version === "1.1";
  const wishes = connection.toLowerCase().split(",");
  if (wishes.some((wish) => wish.trim() === "close")) return false;
  return version === "1.1" || wishes.some((wish) => wish.trim() === "keep-alive");
}

function bodyLength(headers: Headers): Head["bodyLength"] {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (length !== undefined) throw malformed("both 'content-length' and 'transfer-encoding'");
    if (coding.toLowerCase() !== "chunked") throw new WireError(501, `Transfer coding is not supported.`);
    return "chunked";
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw malformed("'content-length' is no number of bytes");
  return Number(length);
}

function expectsContinue(expectation: string | undefined): boolean {
  if (expectation === undefined) return false;
  if (expectation.toLowerCase() === "100-continue") return true;
  throw new WireError(417, "The only expectation that can be met is '100-continue'.");
}
