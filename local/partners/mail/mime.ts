/** What is read of a mail that came in by SMTP. */
export interface ParsedMail {
  /** By lower-case name; encoded words are decoded, the last of several counts. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
}

interface Part {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Deeper nesting than any mail program makes; bounds what a hostile mail can cost. */
const MAX_DEPTH = 8;

/** Reads headers and the first text and HTML part of a MIME message (RFC 2045–2047); other parts are left out. */
export function parseMail(raw: Buffer): ParsedMail {
  const root = split(raw);
  const found = { text: "", html: "" };
  collect(root, found, 0);
  return { headers: root.headers, ...found };
}

function collect(part: Part, found: { text: string; html: string }, depth: number): void {
  const { type, parameters } = contentType(part.headers["content-type"] ?? "text/plain");
  if (type.startsWith("multipart/")) {
    const boundary = parameters["boundary"];
    if (boundary === undefined || depth >= MAX_DEPTH) return;
    for (const inner of between(part.body, boundary)) collect(split(inner), found, depth + 1);
    return;
  }
  if (/^attachment/i.test(part.headers["content-disposition"] ?? "")) return;
  if (type === "text/plain" && found.text === "") found.text = decodeBody(part, parameters["charset"]);
  if (type === "text/html" && found.html === "") found.html = decodeBody(part, parameters["charset"]);
}

function split(raw: Buffer): Part {
  // Latin-1 maps every byte to one character, so offsets in the text are offsets in the buffer.
  const text = raw.toString("latin1");
  const blank = /\r?\n\r?\n/.exec(text);
  const head = blank === null ? text : text.slice(0, blank.index);
  const body = blank === null ? Buffer.alloc(0) : raw.subarray(blank.index + blank[0].length);
  const headers: Record<string, string> = {};
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = Buffer.from(line.slice(colon + 1).trim(), "latin1").toString("utf8");
    headers[line.slice(0, colon).toLowerCase()] = decodeWords(value);
  }
  return { headers, body };
}

function between(body: Buffer, boundary: string): Buffer[] {
  const parts = body.toString("latin1").split(`--${boundary}`).slice(1);
  const end = parts.findIndex((part) => part.startsWith("--"));
  const inner = end === -1 ? parts : parts.slice(0, end);
  return inner.map((part) => Buffer.from(part.replace(/^[ \t]*\r?\n/, "").replace(/\r?\n$/, ""), "latin1"));
}

function contentType(value: string): { type: string; parameters: Record<string, string> } {
  const [type = "", ...rest] = value.split(";");
  const parameters: Record<string, string> = {};
  for (const parameter of rest) {
    const [name = "", ...text] = parameter.split("=");
    parameters[name.trim().toLowerCase()] = text
      .join("=")
      .trim()
      .replace(/^"(.*)"$/, "$1");
  }
  return { type: type.trim().toLowerCase(), parameters };
}

function decodeBody({ headers, body }: Part, charset = "utf-8"): string {
  const encoding = (headers["content-transfer-encoding"] ?? "7bit").toLowerCase();
  if (encoding === "base64") return decodeText(Buffer.from(body.toString("latin1"), "base64"), charset);
  if (encoding === "quoted-printable") return decodeText(unquote(body.toString("latin1")), charset);
  return decodeText(body, charset);
}

function unquote(text: string): Buffer {
  const joined = text.replaceAll(/=[ \t]*\r?\n/g, "");
  const bytes = joined.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1");
}

/** `=?utf-8?Q?…?=` and `=?utf-8?B?…?=`; white space between two such words belongs to neither. */
function decodeWords(value: string): string {
  const joined = value.replaceAll(/\?=\s+=\?/g, "?==?");
  return joined.replaceAll(
    /=\?([\w-]+)\?([BQ])\?([^?]*)\?=/gi,
    (_, charset: string, how: string, text: string) => {
      const isBase64 = how.toUpperCase() === "B";
      return decodeText(isBase64 ? Buffer.from(text, "base64") : unquote(text.replaceAll("_", " ")), charset);
    },
  );
}

function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}
