import type { Socket } from "node:net";
import { MAX_UNSENT_BYTES } from "../../limits.ts";

/**
 * What one connection has been given and not sent yet. A peer that does not read must neither fill our memory
 * nor hold messages that others could have: its links have no room until it reads on.
 */
export class Outflow {
  readonly #socket: Socket;
  readonly #wake: () => void;
  /** Given in this turn; rhea writes it to the socket at its end. */
  #given = 0;
  #isBlocked = false;

  constructor(socket: Socket, wake: () => void) {
    this.#socket = socket;
    this.#wake = wake;
    socket.on("drain", () => this.#goOn());
  }

  /** When it answers yes, links are woken as soon as there is room again. */
  isFull(): boolean {
    if (this.#socket.writableLength + this.#given <= MAX_UNSENT_BYTES) return false;
    this.#isBlocked = true;
    return true;
  }

  add(bytes: number): void {
    if (this.#given === 0) setImmediate(() => this.#turned());
    this.#given += bytes;
  }

  #turned(): void {
    this.#given = 0;
    if (this.#socket.writableLength <= MAX_UNSENT_BYTES) this.#goOn();
  }

  #goOn(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#wake();
  }
}
