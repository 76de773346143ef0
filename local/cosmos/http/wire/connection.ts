import type { Socket } from "node:net";
import type { Head, Headers } from "./head.ts";
import { replyText, type WireReply } from "./reply-text.ts";
import { RequestReader, type Received } from "./request-reader.ts";
import { WireError } from "./wire-error.ts";

export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  /** Undefined when it was larger than allowed. */
  readonly body: string | undefined;
}

export interface Handler {
  answer(request: WireRequest): Promise<WireReply>;
  /** No answer could be made or sent; the connection is dropped. */
  failed(error: unknown): void;
}

export interface WireLimits {
  readonly maxBodyBytes: number;
  /** From the first byte of a request until its headers are complete. */
  readonly headMs: number;
  /** From the first byte of a request until it is complete; also how long a client may take to read an answer. */
  readonly requestMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
}

/** How long a client that was told good-bye has to read that, and to close. */
const LINGER_MS = 5000;

/**
 * One client: reads requests, answers them one after the other, in order, and says what is wrong with what is no
 * request. `answering` until the answer is handed to the socket, `sending` until the client has taken enough of it,
 * `leaving` once the last one is on its way.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: RequestReader;
  readonly #handler: Handler;
  readonly #limits: WireLimits;
  readonly #now: () => number;
  #state: "receiving" | "answering" | "sending" | "leaving" | "closed" = "receiving";
  /** When the state or the progress of the reader last changed. */
  #since: number;
  #peerEnded = false;

  constructor(socket: Socket, handler: Handler, limits: WireLimits, now: () => number) {
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#now = now;
    this.#since = now();
    this.#reader = new RequestReader(limits.maxBodyBytes);
    socket.on("data", (bytes) => this.#onData(bytes));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    // Nobody is left to answer.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => (this.#state = "closed"));
  }

  #onData(bytes: Buffer): void {
    const untouched = this.#reader.progress === "nothing";
    this.#reader.push(bytes);
    if (this.#state === "receiving") {
      if (untouched) this.#since = this.#now();
      this.#serve();
    } else {
      // Sent before the answer to the last one: what is to come may wait in the client.
      this.#socket.pause();
    }
  }

  /** Takes up the next request, if it is there. */
  #serve(): void {
    let received: Received | undefined;
    try {
      received = this.#reader.next();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#refuse(error);
      return;
    }
    if (received !== undefined) {
      this.#begin(received);
    } else if (this.#peerEnded) {
      this.#leave();
    } else if (this.#reader.awaitsContinue) {
      this.#reader.continued();
      this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    }
  }

  #begin({ head, body }: Received): void {
    this.#state = "answering";
    const { method, target, headers } = head;
    this.#handler
      .answer({ method, target, headers, body })
      .then((reply) => this.#send(head, reply))
      .catch((error: unknown) => {
        this.#handler.failed(error);
        this.#socket.destroy();
      });
  }

  #send(head: Head, reply: WireReply): void {
    if (this.#state === "closed") return;
    const keepAlive = head.keepAlive && !this.#peerEnded;
    const { text, encoding } = replyText(reply, keepAlive, this.#limits.keepAliveMs, head.method === "HEAD");
    this.#since = this.#now();
    const taken = this.#socket.write(text, encoding);
    if (!keepAlive) {
      this.#end();
    } else if (taken) {
      this.#ready();
    } else {
      this.#state = "sending";
    }
  }

  #onDrain(): void {
    if (this.#state === "sending") this.#ready();
  }

  #ready(): void {
    this.#state = "receiving";
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#peerEnded || this.#reader.progress !== "nothing") this.#serve();
  }

  #refuse({ status, message }: WireError): void {
    if (this.#state === "closed") return;
    const body = JSON.stringify({ code: String(status), message });
    const reply = { status, headers: ["content-type", "application/json"], body };
    const { text, encoding } = replyText(reply, false, 0, false);
    this.#socket.write(text, encoding);
    this.#end();
  }

  #onEnd(): void {
    this.#peerEnded = true;
    if (this.#state === "receiving") this.#leave();
  }

  /** The client sends nothing more. */
  #leave(): void {
    if (this.#reader.progress === "nothing") this.#end();
    else this.#refuse(new WireError(400, "Malformed request: it ends too early."));
  }

  /** Ends after what was written. What the client still sends is read over, so that it gets to read the answer. */
  #end(): void {
    this.#state = "leaving";
    this.#since = this.#now();
    this.#socket.removeAllListeners("data").removeAllListeners("drain");
    this.#socket.end();
    this.#socket.resume();
  }

  /** Called now and then: nobody may keep a connection for nothing. */
  checkTime(): void {
    const elapsedMs = this.#now() - this.#since;
    const { headMs, requestMs, keepAliveMs } = this.#limits;
    if (this.#state === "sending" && elapsedMs > requestMs) this.#socket.destroy();
    if (this.#state === "leaving" && elapsedMs > LINGER_MS) this.#socket.destroy();
    if (this.#state !== "receiving") return;
    const { progress } = this.#reader;
    if (progress === "nothing") {
      if (elapsedMs > keepAliveMs) this.#end();
    } else if (elapsedMs > (progress === "head" ? headMs : requestMs)) {
      this.#refuse(new WireError(408, "The request took too long to arrive."));
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
