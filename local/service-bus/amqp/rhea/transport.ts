import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { MAX_FRAME_BYTES } from "../../limits.ts";
import { MalformedAmqp } from "../../wire/decode.ts";
import {
  type Disposition,
  type Flow,
  Performative,
  performativeOf,
  readDisposition,
  readFlow,
  readTransferFrame,
  type Transfer,
} from "../../wire/performatives.ts";
import type { RheaConnection, RheaFrames } from "./internals.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const frames = createRequire(import.meta.url)("rhea/lib/frames.js") as RheaFrames;

/** What a session does with the frames that messages are made of. */
export interface FrameTaker {
  flow(flow: Flow): void;
  transfer(transfer: Transfer): void;
  disposition(disposition: Disposition): void;
}

const PROTOCOL_HEADER_BYTES = 8;
const FRAME_HEADER_BYTES = 8;

/**
 * So much is written at once, so that the peer has something to do while we prepare the next packet. Much more, and
 * both sides take turns in waiting for each other; much less, and the system calls cost more than the messages.
 */
const PACKET_BYTES = 8 * 1024;

/**
 * The way of frames between rhea and the socket. rhea keeps the life of connections, sessions and links; flows,
 * transfers and dispositions, several for each message, pass it by. Everything written in one turn leaves in one
 * packet.
 */
export class Transport {
  readonly #connection: RheaConnection;
  readonly #takerOf: (channel: number) => FrameTaker;
  #isFlushing = false;
  #pendingBytes = 0;

  constructor(connection: RheaConnection, takerOf: (channel: number) => FrameTaker) {
    this.#connection = connection;
    this.#takerOf = takerOf;
    this.#limitFrames();
    this.#divertReading();
    this.#joinWriting();
  }

  /** Behind everything that was written before. */
  write(frame: Buffer): void {
    this.#connection.amqp_transport.pending.push(frame);
    this.#pendingBytes += frame.length;
    if (this.#pendingBytes >= PACKET_BYTES) this.#flush();
    else if (!this.#isFlushing) {
      this.#isFlushing = true;
      process.nextTick(() => {
        this.#isFlushing = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    this.#pendingBytes = 0;
    if (this.#connection.socket.writable) this.#connection.output();
  }

  #divertReading(): void {
    const transport = this.#connection.amqp_transport;
    const original = transport.read.bind(transport);
    transport.read = (bytes) => {
      let offset = 0;
      if (transport.header_received === undefined) {
        if (bytes.length < PROTOCOL_HEADER_BYTES) return 0;
        offset = original(bytes.subarray(0, PROTOCOL_HEADER_BYTES));
      }
      while (offset + FRAME_HEADER_BYTES <= bytes.length) {
        const size = bytes.readUInt32BE(offset);
        if (size < FRAME_HEADER_BYTES) throw new MalformedAmqp("a frame is shorter than its own header");
        if (offset + size > bytes.length) break;
        const frame = bytes.subarray(offset, offset + size);
        offset += size;
        if (!this.#take(frame)) original(frame);
      }
      return offset;
    };
  }

  #take(frame: Buffer): boolean {
    const performative = performativeOf(frame);
    if (performative === undefined) return false;
    const taker = this.#takerOf(frame.readUInt16BE(6));
    const { code, at } = performative;
    if (code === Performative.transfer) taker.transfer(readTransferFrame(frame, at));
    else if (code === Performative.flow) taker.flow(readFlow(frame, at));
    else taker.disposition(readDisposition(frame, at));
    return true;
  }

  #joinWriting(): void {
    const transport = this.#connection.amqp_transport;
    const original = transport.write.bind(transport);
    transport.write = (socket: Socket) => {
      const encoded = transport.pending.map((frame) =>
        Buffer.isBuffer(frame) ? frame : frames.write_frame(frame),
      );
      transport.pending = [];
      original(socket);
      const [first] = encoded;
      if (first !== undefined) socket.write(encoded.length === 1 ? first : Buffer.concat(encoded));
    };
  }

  /** rhea collects a frame of any announced size; this ends the connection instead. */
  #limitFrames(): void {
    const transport = this.#connection.amqp_transport;
    const original = transport.peek_size.bind(transport);
    transport.peek_size = (buffer) => {
      const size = original(buffer);
      if (size !== undefined && size > MAX_FRAME_BYTES)
        throw new Error(`a frame of ${size} bytes is too large`);
      return size;
    };
  }
}
