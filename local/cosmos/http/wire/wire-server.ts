import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Clock, ScheduledCall } from "../../../clock/clock.ts";
import { Connection, type Handler, type WireLimits } from "./connection.ts";

const CHECK_EVERY_MS = 5000;

/**
 * HTTP/1.1 for this endpoint's needs: short requests and replies in JSON, over connections that are kept. Costs half of
 * what `node:http` does, because it makes no streams: a body is there as a whole or not at all.
 */
export class WireServer {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #connections = new Set<Connection>();
  #nextCheck: ScheduledCall;

  /** `clock` only drives the limits on slow and idle clients. */
  constructor(handler: Handler, limits: WireLimits, clock: Clock) {
    this.#clock = clock;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new Connection(socket, handler, limits, () => clock.now());
      this.#connections.add(connection);
      socket.on("close", () => this.#connections.delete(connection));
    });
    this.#nextCheck = this.#schedule();
  }

  /** Resolves with the port; rejects if it is taken. */
  async listen(port: number, host: string): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Accepts nothing more and drops all connections. */
  async close(): Promise<void> {
    this.#nextCheck.cancel();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #schedule(): ScheduledCall {
    return this.#clock.schedule(CHECK_EVERY_MS, () => {
      for (const connection of this.#connections) connection.checkTime();
      this.#nextCheck = this.#schedule();
    });
  }
}
