import { STATUS_CODES } from "../../../node-http.ts";

export interface WireReply {
  readonly status: number;
  /** Header names and values in turn. Length and connection are added. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface ReplyText {
  readonly text: string;
  readonly encoding: "latin1" | "utf8";
}

const SECOND = 1000;
const sendable = /^[\x20-\x7e]*$/;
const hasNoBody = (status: number): boolean => status === 204 || status === 304;

/** The reply as it goes over the wire, head and body in one piece: one packet, one system call. */
export function replyText(
  { status, headers, body }: WireReply,
  keepAlive: boolean,
  keepAliveMs: number,
  isHead: boolean,
): ReplyText {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1]!;
    // A line end in a value would be a header, or a whole answer, of somebody else's making.
    if (!sendable.test(value)) throw new Error(`Header '${headers[index]!}' cannot be sent.`);
    text += `${headers[index]!}: ${value}\r\n`;
  }
  text += keepAlive
    ? `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(keepAliveMs / SECOND)}\r\n`
    : "connection: close\r\n";
  if (hasNoBody(status)) return { text: `${text}\r\n`, encoding: "latin1" };
  const bytes = Buffer.byteLength(body);
  text += `content-length: ${bytes}\r\n\r\n`;
  if (isHead) return { text, encoding: "latin1" };
  return { text: text + body, encoding: bytes === body.length ? "latin1" : "utf8" };
}
