import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const ANSWERS_WITHIN_MS = 10_000;
/** An answer whose end is not announced is over when nothing more comes for this long. */
const QUIET_MS = 1_500;

/**
 * Sends bytes as they are, for requests that no client would send, and reads the first answer; undefined when the server
 * closed the connection without a word, an error when it does nothing at all. The connection stays open on our side until
 * the answer is there, unless `hangUp` says otherwise.
 */
export function sendRaw(
  url: string,
  bytes: string | Buffer,
  { hangUp = false }: { readonly hangUp?: boolean } = {},
): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    let quiet: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(patience);
      clearTimeout(quiet);
      socket.destroy();
      resolve(parse(Buffer.concat(chunks)));
    };
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new Error(`Neither an answer nor an end within ${ANSWERS_WITHIN_MS} ms`));
    }, ANSWERS_WITHIN_MS);
    socket.on("connect", () => {
      if (hangUp) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) finish();
      else {
        clearTimeout(quiet);
        quiet = setTimeout(finish, QUIET_MS);
      }
    });
    // What a server has answered before it cut the connection counts.
    socket.on("error", finish);
    socket.on("close", finish);
  });
}

function isWhole(received: Buffer): boolean {
  const answer = parse(received);
  const length = answer?.headers.get("content-length");
  return answer !== undefined && length !== undefined && Buffer.byteLength(answer.body) >= Number(length);
}

function parse(received: Buffer): RawAnswer | undefined {
  const text = received.toString("utf8");
  const end = text.indexOf("\r\n\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  const lines = text.slice(0, end).split("\r\n").slice(1);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(status), headers, body: text.slice(end + 4) };
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request in the form of HTTP/1.1, whatever its parts are; the body's length is announced. */
export function requestBytes({
  method = "POST",
  target = "/api/orders",
  headers = {},
  body,
}: RawRequest): Buffer {
  const content = Buffer.from(body ?? "");
  const all = {
    host: "localhost",
    ...headers,
    ...(body === undefined ? {} : { "content-length": String(content.length) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // Latin-1 lets a header carry any byte.
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return Buffer.concat([head, content]);
}
