import { ChunkedBody, SizedBody, type BodyReader } from "./body.ts";
import { readHead, type Head } from "./head.ts";
import { malformed, WireError } from "./wire-error.ts";

/** A request that has arrived completely. */
export interface Received {
  readonly head: Head;
  /** Undefined when it was larger than allowed. */
  readonly body: string | undefined;
}

/** As `node:http` has it. */
export const MAX_HEAD_BYTES = 16 * 1024;

const CR = 0x0d;
const LF = 0x0a;
const nothing = Buffer.alloc(0);

/** Requests out of the bytes of one connection, however they are cut. No clock and no socket. */
export class RequestReader {
  readonly #maxBodyBytes: number;
  #rest: Buffer = nothing;
  #head: Head | undefined;
  #body: BodyReader | undefined;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }

  /** The next complete request, if there is one. Throws a `WireError`, after which nothing more can be read. */
  next(): Received | undefined {
    this.#head ??= this.#takeHead();
    if (this.#head === undefined) return undefined;
    return this.#takeBody(this.#head);
  }

  /** What of the next request is there. */
  get progress(): "nothing" | "head" | "body" {
    if (this.#head !== undefined) return "body";
    return this.#rest.length > 0 ? "head" : "nothing";
  }

  /** The client waits for `100 Continue`: it has sent the head and nothing else. */
  get awaitsContinue(): boolean {
    return this.#head?.expectsContinue === true && this.#body === undefined;
  }

  /** To be called once the client was told to go on. */
  continued(): void {
    if (this.#head !== undefined) this.#body ??= this.#bodyOf(this.#head);
  }

  #takeHead(): Head | undefined {
    this.#skipEmptyLines();
    if (this.#rest.length === 0) return undefined;
    const text = this.#rest.toString("latin1", 0, MAX_HEAD_BYTES + 4);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (text.length > MAX_HEAD_BYTES) throw new WireError(431, "The head of the request is too large.");
      refuseHopeless(text);
      return undefined;
    }
    this.#drop(end + 4);
    return readHead(text.slice(0, end));
  }

  #skipEmptyLines(): void {
    let at = 0;
    while (this.#rest[at] === CR || this.#rest[at] === LF) at++;
    if (at > 0) this.#drop(at);
  }

  #takeBody(head: Head): Received | undefined {
    if (this.#body === undefined) {
      const { bodyLength } = head;
      // Nearly always the body arrives together with the head.
      if (bodyLength !== "chunked" && bodyLength <= Math.min(this.#rest.length, this.#maxBodyBytes)) {
        const text = bodyLength === 0 ? "" : this.#rest.toString("utf8", 0, bodyLength);
        this.#drop(bodyLength);
        return this.#finished(head, text);
      }
      if (head.expectsContinue && this.#rest.length === 0) return this.#refuseEarly(head);
      this.#body = this.#bodyOf(head);
    }
    this.#rest = this.#body.take(this.#rest);
    if (!this.#body.done) return undefined;
    return this.#finished(head, this.#body.tooLarge ? undefined : this.#body.text());
  }

  #bodyOf({ bodyLength }: Head): BodyReader {
    return bodyLength === "chunked"
      ? new ChunkedBody(this.#maxBodyBytes)
      : new SizedBody(bodyLength, this.#maxBodyBytes);
  }

  /** Who asks before sending too much is told so. */
  #refuseEarly({ bodyLength }: Head): undefined {
    if (bodyLength !== "chunked" && bodyLength > this.#maxBodyBytes) {
      throw new WireError(413, "The body is too large.");
    }
    return undefined;
  }

  #finished(head: Head, body: string | undefined): Received {
    this.#head = undefined;
    this.#body = undefined;
    return { head, body };
  }

  #drop(bytes: number): void {
    this.#rest = bytes === this.#rest.length ? nothing : this.#rest.subarray(bytes);
  }
}

/** What can become no request any more (another protocol, bare line feeds) is refused before the head is complete. */
function refuseHopeless(text: string): void {
  if (!/^[A-Z]/.test(text)) throw malformed("the request line");
  if (/(?<!\r)\n/.test(text)) throw malformed("a line that ends without CR");
}
