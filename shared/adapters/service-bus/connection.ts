import type { ServiceBusClient, ServiceBusSender } from "@azure/service-bus";

/** One connection and the senders on it. */
export class Connection {
  readonly #client: ServiceBusClient;
  readonly #senders = new Map<string, ServiceBusSender>();

  constructor(client: ServiceBusClient) {
    this.#client = client;
  }

  senderTo(target: string): ServiceBusSender {
    const sender = this.#senders.get(target) ?? this.#client.createSender(target);
    this.#senders.set(target, sender);
    return sender;
  }

  /** Nobody waits for it: closing a connection that is broken may take as long as its time-outs. */
  close(): void {
    this.#client.close().catch(() => undefined);
  }
}

/**
 * The one connection that all targets share, made when it is first needed and again after it was given up. After a
 * connection broke, the client (7.9.5) may wait for minutes for answers that can no longer come; another client does not.
 */
export class SharedConnection {
  readonly #connect: () => Promise<ServiceBusClient>;
  #opening: Promise<Connection> | undefined;
  #open: Connection | undefined;

  constructor(connect: () => Promise<ServiceBusClient>) {
    this.#connect = connect;
  }

  async get(): Promise<Connection> {
    if (this.#open !== undefined) return this.#open;
    this.#opening ??= this.#connect().then((client) => new Connection(client));
    try {
      this.#open = await this.#opening;
      return this.#open;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Closes the connection; the next `get` makes another one. */
  giveUp(connection: Connection): void {
    if (this.#open !== connection) return;
    this.#open = undefined;
    connection.close();
  }
}
