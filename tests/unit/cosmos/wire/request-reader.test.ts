import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_HEAD_BYTES, RequestReader, type Received } from "#local/cosmos/http/wire/request-reader.ts";
import { WireError } from "#local/cosmos/http/wire/wire-error.ts";

const MAX_BODY = 1000;

/** What a reader makes of bytes that arrive in these pieces: requests, then the status it gives up with, if it does. */
function read(pieces: readonly Buffer[]): { requests: Received[]; status: number | undefined } {
  const reader = new RequestReader(MAX_BODY);
  const requests: Received[] = [];
  try {
    for (const piece of pieces) {
      reader.push(piece);
      for (let next = reader.next(); next !== undefined; next = reader.next()) requests.push(next);
    }
    return { requests, status: undefined };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { requests, status: error.status };
  }
}

const readText = (text: string): ReturnType<typeof read> => read([Buffer.from(text, "latin1")]);

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}

const header = fc.tuple(
  fc.stringMatching(/^x-[a-zA-Z0-9-]{1,12}$/),
  fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/),
);
const body = fc.string({ unit: "binary", maxLength: 200 });
interface Sent {
  method: string;
  target: string;
  headers: [string, string][];
  body: string;
  chunks: number[] | undefined;
}
const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom("GET", "POST", "PATCH", "DELETE", "M-SEARCH"),
  target: fc.stringMatching(/^\/[!-~]{0,40}$/),
  headers: fc.uniqueArray(header, { maxLength: 5, selector: ([name]) => name.toLowerCase() }),
  body,
  chunks: fc.option(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 5 }), { nil: undefined }),
});

function bytesOf({ method, target, headers, body: text, chunks }: Sent): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const start = `${method} ${target} HTTP/1.1\r\nHost: here\r\n${fields}`;
  if (chunks === undefined) {
    return Buffer.concat([Buffer.from(`${start}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
  }
  const parts: Buffer[] = [Buffer.from(`${start}Transfer-Encoding: chunked\r\n\r\n`)];
  for (let from = 0, index = 0; from < bytes.length; index++) {
    const part = bytes.subarray(from, from + (chunks[index % Math.max(1, chunks.length)] ?? 7));
    parts.push(Buffer.from(`${part.length.toString(16)};a=b\r\n`), part, Buffer.from("\r\n"));
    from += part.length;
  }
  parts.push(Buffer.from("0\r\nx-trailer: 1\r\n\r\n"));
  return Buffer.concat(parts);
}

test("requests are the same however their bytes are cut, one behind the other", () => {
  const property = fc.property(
    fc.array(sent, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { maxLength: 12 }),
    (requests, places) => {
      const result = read(cut(Buffer.concat(requests.map(bytesOf)), places));
      expect(result.status).toBeUndefined();
      expect(
        result.requests.map(({ head, body: text }) => ({
          method: head.method,
          target: head.target,
          body: text,
        })),
      ).toEqual(
        requests.map((one) => ({
          method: one.method,
          target: one.target,
          body: Buffer.from(one.body).toString(),
        })),
      );
      for (const [index, { head }] of result.requests.entries()) {
        for (const [name, value] of requests[index]!.headers)
          expect(head.headers.get(name.toLowerCase())).toBe(value);
      }
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test("nonsense is refused or waited for, and never anything else", () => {
  const property = fc.property(
    fc.array(sent, { minLength: 1, maxLength: 2 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 10, 13, 32, 58, 65, 9, 255, 48)), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.array(fc.nat(), { maxLength: 6 }),
    (requests, changes, places) => {
      const bytes = Buffer.concat(requests.map(bytesOf));
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      const whole = read([bytes]);
      expect([undefined, 400, 413, 417, 431, 501, 505]).toContain(whole.status);
      const inPieces = read(cut(bytes, places));
      expect(inPieces).toEqual(whole);
    },
  );
  fc.assert(property, { numRuns: 600 });
});

const get = (lines: string): string => `GET / HTTP/1.1\r\nHost: here\r\n${lines}\r\n`;

test.each([
  ["a bare line feed", "GET / HTTP/1.1\nHost: here\n\n", 400],
  ["another protocol", "\u0016\u0003\u0001\u0002\u0000", 400],
  ["a method in lower case", "get / HTTP/1.1\r\nHost: here\r\n\r\n", 400],
  ["two spaces", "GET  / HTTP/1.1\r\nHost: here\r\n\r\n", 400],
  ["no version", "GET /\r\nHost: here\r\n\r\n", 400],
  ["a version of the future", "GET / HTTP/3.0\r\nHost: here\r\n\r\n", 505],
  ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two hosts", get("Host: there\r\n"), 400],
  ["a header without colon", get("what\r\n"), 400],
  ["a space before the colon", get("a : b\r\n"), 400],
  ["a continued header", get("a: b\r\n c\r\n"), 400],
  ["a control character", get("a: b\u0000c\r\n"), 400],
  ["a carriage return alone", get("a: b\rc\r\n"), 400],
  ["two lengths", get("Content-Length: 1\r\nContent-Length: 1\r\n"), 400],
  ["a length and chunks", get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400],
  ["a signed length", get("Content-Length: +1\r\n"), 400],
  ["a length in hexadecimal", get("Content-Length: 0x1\r\n"), 400],
  ["another coding", get("Transfer-Encoding: gzip, chunked\r\n"), 501],
  ["another expectation", get("Expect: a miracle\r\n"), 417],
  ["a chunk without size", get("Transfer-Encoding: chunked\r\n") + "\r\nab\r\n", 400],
  ["a chunk with a negative size", get("Transfer-Encoding: chunked\r\n") + "-1\r\nab\r\n", 400],
  ["a chunk longer than its size", get("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n", 400],
  ["an endless chunk size", get("Transfer-Encoding: chunked\r\n") + "0".repeat(5000), 400],
  ["a trailer that is none", get("Transfer-Encoding: chunked\r\n") + "0\r\nnothing\r\n\r\n", 400],
])("%s is refused", (_title, text, status) => {
  expect(readText(text)).toEqual({ requests: [], status });
});

test("a head has 16 KB and no more, complete or not", () => {
  const room = MAX_HEAD_BYTES - get("x: \r\n").length;
  expect(readText(get(`x: ${"y".repeat(room)}\r\n`)).requests).toHaveLength(1);
  expect(readText(get(`x: ${"y".repeat(MAX_HEAD_BYTES)}\r\n`)).status).toBe(431);
  expect(readText(`GET /${"y".repeat(MAX_HEAD_BYTES + 4)}`).status).toBe(431);
});

test("a body that is too large is read over, and what follows is served", () => {
  const large = `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${MAX_BODY + 1}\r\n\r\n${"x".repeat(MAX_BODY + 1)}`;
  const { requests } = readText(large + get(""));
  expect(requests.map(({ head, body: text }) => [head.method, text])).toEqual([
    ["POST", undefined],
    ["GET", ""],
  ]);
});

test("who asks before sending too much is refused at once", () => {
  const expecting = `POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ${MAX_BODY + 1}\r\n\r\n`;
  expect(readText(expecting).status).toBe(413);
});

test.each([
  ["HTTP/1.1", "", true],
  ["HTTP/1.1", "Connection: close\r\n", false],
  ["HTTP/1.1", "Connection: Upgrade, Close\r\n", false],
  ["HTTP/1.0", "", false],
  ["HTTP/1.0", "Connection: Keep-Alive\r\n", true],
])("%s with '%s' keeps the connection: %s", (version, line, keepAlive) => {
  const { requests } = readText(`GET / ${version}\r\nHost: here\r\n${line}\r\n`);
  expect(requests[0]?.head.keepAlive).toBe(keepAlive);
});

test("a header that comes twice is one list", () => {
  const { requests } = readText(get("If-None-Match: a\r\nif-none-match:\tb \r\n"));
  expect(requests[0]?.head.headers.get("if-none-match")).toBe("a, b");
});
