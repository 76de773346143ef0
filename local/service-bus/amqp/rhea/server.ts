/* oxlint-disable eslint/no-underscore-dangle -- the names are rhea's */
import { createServer, type Socket } from "node:net";
import { createRequire } from "node:module";
import type { Log } from "../../../part.ts";
import { IDLE_TIMEOUT_MS } from "../../limits.ts";
import { type Listening, listenOnLoopback } from "../../listen.ts";
import { MalformedAmqp } from "../../wire/decode.ts";
import type { AmqpHandlers, Peer } from "../links.ts";
import type { RheaConnection, RheaContainer, RheaLink, RheaSender, RheaSession } from "./internals.ts";
import { RheaIncomingLink, RheaOutgoingLink } from "./links.ts";
import { Outflow } from "./outflow.ts";
import { SessionDeliveries } from "./session.ts";
import { Transport } from "./transport.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rhea's types describe its client side
const rhea = createRequire(import.meta.url)("rhea") as { create_container(options: object): RheaContainer };

const connectionOptions = {
  idle_time_out: IDLE_TIMEOUT_MS,
  // More than the 2048 deliveries that a client keeps, so that its limit is the one that counts.
  session_buffer_size: 8192,
  sender_options: { autosettle: false, treat_modified_as_released: false },
  receiver_options: { autoaccept: false, autosettle: false, credit_window: 0 },
};

/** Without a listener rhea throws or prints for each of these. */
const quietEvents = [
  "connection_open",
  "connection_close",
  "session_close",
  "disconnected",
  "sender_close",
  "receiver_close",
  "settled",
];
const errorEvents = [
  "error",
  "protocol_error",
  "connection_error",
  "session_error",
  "sender_error",
  "receiver_error",
];

interface AmqpServer extends Listening {
  /** Takes a connection that was accepted elsewhere, as by the TLS port. */
  accept(socket: Socket): void;
  /** Closes every connection; clients are told to come back later. */
  closeConnections(): Promise<void>;
}

/** Accepts AMQP connections on loopback. */
export async function startAmqpServer(port: number, handlers: AmqpHandlers, log: Log): Promise<AmqpServer> {
  const container = rhea.create_container({ id: "expedite-service-bus" });
  for (const event of quietEvents) container.on(event, () => undefined);
  for (const event of errorEvents) {
    container.on(event, (context) => log("service-bus.peer-error", { event, error: describe(context) }));
  }
  const peers = new Set<ConnectedPeer>();
  let connections = 0;
  const accept = (socket: Socket): void => {
    const connection = container.create_connection(connectionOptions);
    const peer = new ConnectedPeer(`connection-${++connections}`, connection, socket, handlers);
    peers.add(peer);
    socket.on("close", () => {
      peers.delete(peer);
      peer.gone();
    });
    connection.accept(socket);
    acknowledgeAtOnce(connection, socket);
  };
  const listening = await listenOnLoopback(() => createServer({ noDelay: true }, accept), port);
  return {
    ...listening,
    accept,
    async closeConnections() {
      await Promise.all([...peers].map((peer) => peer.close()));
    },
  };
}

/** A connection with its links, so that all of them can be freed when it is lost. */
class ConnectedPeer implements Peer {
  readonly id: string;
  readonly #connection: RheaConnection;
  readonly #socket: Socket;
  readonly #handlers: AmqpHandlers;
  readonly #sessions = new Map<RheaSession, SessionDeliveries>();
  readonly #transport: Transport;
  readonly #links = new Map<RheaLink, RheaIncomingLink | RheaOutgoingLink>();

  constructor(id: string, connection: RheaConnection, socket: Socket, handlers: AmqpHandlers) {
    this.id = id;
    this.#connection = connection;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#transport = new Transport(connection, (channel) => this.#onChannel(channel));
    const outflow = new Outflow(socket, () => {
      for (const link of this.#links.values()) if (link instanceof RheaOutgoingLink) link.credited(false);
    });
    connection.on("session_open", ({ session }) => this.#onSession(session));
    connection.on("session_close", ({ session }) => this.#onSessionEnd(session));
    connection.on("receiver_open", ({ receiver }) => {
      const link = new RheaIncomingLink(this, receiver, this.#onSession(receiver.session));
      this.#links.set(receiver, link);
      handlers.incoming(link);
    });
    connection.on("sender_open", ({ sender }) => {
      const link = new RheaOutgoingLink(this, sender, this.#onSession(sender.session), outflow);
      this.#links.set(sender, link);
      handlers.outgoing(link);
    });
    connection.on("receiver_close", ({ receiver }) => this.#onLinkEnd(receiver));
    connection.on("sender_close", ({ sender }) => {
      this.#outgoing(sender)?.answerDetach();
      this.#onLinkEnd(sender);
    });
  }

  gone(): void {
    for (const session of this.#sessions.values()) session.close();
    for (const link of this.#links.keys()) this.#onLinkEnd(link);
    // A destroyed socket emits no "end", which is all that rhea waits for; this stops its timers.
    this.#connection._disconnected();
    this.#handlers.gone(this);
  }

  async close(): Promise<void> {
    this.#connection.close({
      condition: "amqp:connection:forced",
      description: "The broker is shutting down.",
    });
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#socket.destroyed) return;
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.destroySoon();
    await closed;
  }

  #onSession(session: RheaSession): SessionDeliveries {
    let patched = this.#sessions.get(session);
    if (patched === undefined) {
      patched = new SessionDeliveries(session, this.#transport, (link) => this.#links.get(link));
      this.#sessions.set(session, patched);
    }
    return patched;
  }

  #onChannel(channel: number): SessionDeliveries {
    const session = this.#connection.remote_channel_map[channel];
    if (session === undefined) throw new MalformedAmqp(`there is no session on the channel ${channel}`);
    return this.#onSession(session);
  }

  #outgoing(sender: RheaSender): RheaOutgoingLink | undefined {
    const link = this.#links.get(sender);
    return link instanceof RheaOutgoingLink ? link : undefined;
  }

  #onSessionEnd(session: RheaSession): void {
    this.#sessions.get(session)?.close();
    this.#sessions.delete(session);
    for (const link of this.#links.keys()) if (link.session === session) this.#onLinkEnd(link);
  }

  #onLinkEnd(link: RheaLink): void {
    const ended = this.#links.get(link);
    this.#links.delete(link);
    ended?.closed();
  }
}

/** An empty frame: it means nothing but "I am here". */
const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);
/** Turns of the event loop that an answer of substance may take: a commit gathers writes for three. */
const TURNS_TO_ANSWER = 4;

/**
 * Answers what needs no answer (flow, mostly) with an empty frame. Azure's client leaves Nagle's algorithm
 * on: its next small frame stays in its system until ours has acknowledged the last one, which, without
 * anything to send along, takes 40 ms.
 */
function acknowledgeAtOnce(connection: RheaConnection, socket: Socket): void {
  let isWaiting = false;
  const look = (before: number, turnsLeft: number): void =>
    void setImmediate(() => {
      const isSilent = socket.bytesWritten === before && socket.writable;
      if (isSilent && turnsLeft > 1) return look(before, turnsLeft - 1);
      isWaiting = false;
      if (isSilent && connection.is_open()) socket.write(EMPTY_FRAME);
    });
  socket.on("data", () => {
    if (isWaiting) return;
    isWaiting = true;
    look(socket.bytesWritten, TURNS_TO_ANSWER);
  });
}

function describe(context: unknown): string {
  if (context instanceof Error) return context.message;
  const error =
    typeof context === "object" && context !== null && "error" in context ? context.error : undefined;
  if (error instanceof Error) return error.message;
  if (typeof error === "object" && error !== null && "condition" in error) return String(error.condition);
  return "unknown";
}
