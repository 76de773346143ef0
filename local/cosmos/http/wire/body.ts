import { malformed } from "./wire-error.ts";

/** Collects the body of one request from the bytes as they come. */
export interface BodyReader {
  /** Takes what belongs to the body from the start of `bytes`; returns the rest. */
  take(bytes: Buffer): Buffer;
  readonly done: boolean;
  /** The body was longer than allowed and is forgotten; what came of it was taken all the same. */
  readonly tooLarge: boolean;
  text(): string;
}

class Collected {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.tooLarge) this.#parts = [];
    else this.#parts.push(part);
  }

  get tooLarge(): boolean {
    return this.#length > this.#maxBytes;
  }

  text(): string {
    const [only, ...others] = this.#parts;
    if (only !== undefined && others.length === 0) return only.toString("utf8");
    return Buffer.concat(this.#parts, this.#length).toString("utf8");
  }
}

export class SizedBody implements BodyReader {
  readonly #collected: Collected;
  #left: number;

  constructor(length: number, maxBytes: number) {
    this.#left = length;
    this.#collected = new Collected(maxBytes);
  }

  take(bytes: Buffer): Buffer {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#collected.add(part);
    return bytes.subarray(part.length);
  }

  get done(): boolean {
    return this.#left === 0;
  }

  get tooLarge(): boolean {
    return this.#collected.tooLarge;
  }

  text(): string {
    return this.#collected.text();
  }
}

/** Of the size of a chunk with its extensions, and of all trailers together. */
const MAX_LINE_BYTES = 4096;
const sizeLine = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const trailerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1; extensions and trailers are read over. */
export class ChunkedBody implements BodyReader {
  readonly #collected: Collected;
  #state: "size" | "data" | "after data" | "trailers" | "done" = "size";
  #left = 0;
  #trailerBytes = 0;

  constructor(maxBytes: number) {
    this.#collected = new Collected(maxBytes);
  }

  take(bytes: Buffer): Buffer {
    let rest = bytes;
    while (this.#state !== "done" && rest.length > 0) {
      const next = this.#state === "data" ? this.#takeData(rest) : this.#takeLine(rest);
      if (next === undefined) break;
      rest = next;
    }
    return rest;
  }

  #takeData(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#collected.add(part);
    if (this.#left === 0) this.#state = "after data";
    return bytes.subarray(part.length);
  }

  /** Undefined: the line is not all there yet. */
  #takeLine(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf("\r\n");
    if (end < 0 ? bytes.length > MAX_LINE_BYTES : end > MAX_LINE_BYTES) throw malformed("a long chunk line");
    if (end < 0) {
      if (bytes.indexOf("\n") >= 0) throw malformed("a line end in a chunked body");
      return undefined;
    }
    this.#onLine(bytes.toString("latin1", 0, end));
    return bytes.subarray(end + 2);
  }

  #onLine(line: string): void {
    if (this.#state === "size") {
      const digits = sizeLine.exec(line)?.[1];
      if (digits === undefined) throw malformed("the size of a chunk");
      this.#left = Number.parseInt(digits, 16);
      this.#state = this.#left === 0 ? "trailers" : "data";
    } else if (this.#state === "after data") {
      if (line !== "") throw malformed("a chunk longer than its size");
      this.#state = "size";
    } else if (line === "") {
      this.#state = "done";
    } else {
      this.#trailerBytes += line.length;
      if (!trailerLine.test(line) || this.#trailerBytes > MAX_LINE_BYTES) throw malformed("a trailer");
    }
  }

  get done(): boolean {
    return this.#state === "done";
  }

  get tooLarge(): boolean {
    return this.#collected.tooLarge;
  }

  text(): string {
    return this.#collected.text();
  }
}
