import { ServiceBusAdministrationClient, ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import { administrationOverHttp } from "../../administration-over-http.ts";
import type { Log } from "../../part.ts";

const PEEK_AT_MOST = 1000;

/** Between the ports of the official emulator, 5672 and 5300. */
const EMULATOR_ADMINISTRATION_OFFSET = 5300 - 5672;

/** What has to be known of a function to count what waits for it. */
type Counted = Pick<ServiceBusFunction, "name" | "connectionString" | "entity">;

/**
 * How many messages wait for Service Bus functions, asked through the genuine administration client as Azure's scale
 * controller does: ActiveMessageCount, which counts the locked ones too. Without the right to Manage it peeks instead.
 */
export class ServiceBusBacklog {
  readonly #log: Log;
  readonly #administrations = new Map<string, ServiceBusAdministrationClient>();
  readonly #clients = new Map<string, ServiceBusClient>();
  readonly #refused = new Set<string>();
  readonly #administrationPort: number | undefined;

  /** @param administrationPort of an emulator that has others than the official one. */
  constructor(log: Log, administrationPort: number | undefined) {
    this.#log = log;
    this.#administrationPort = administrationPort;
  }

  /** Undefined when the broker cannot be asked right now. */
  async active(target: Counted): Promise<number | undefined> {
    const { connectionString: connection, entity } = target;
    try {
      if (!this.#refused.has(connection)) return await this.#count(connection, entity);
    } catch (error) {
      if (!isRefusal(error)) return undefined;
      this.#refused.add(connection);
      this.#log("no right to manage", {
        function: target.name,
        consequence: "the backlog is peeked at, so messages being worked on are counted only while they wait",
      });
    }
    try {
      return await this.#peek(connection, target);
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  async #count(connection: string, entity: ServiceBusFunction["entity"]): Promise<number> {
    const client = take(this.#administrations, connection, () => this.#administration(connection));
    const counts =
      "queue" in entity
        ? await client.getQueueRuntimeProperties(entity.queue)
        : await client.getSubscriptionRuntimeProperties(entity.topic, entity.subscription);
    return counts.activeMessageCount;
  }

  async #peek(connection: string, { entity }: Counted): Promise<number> {
    const client = take(this.#clients, connection, () => new ServiceBusClient(connection));
    // A receiver goes on where its last peek ended, so each look needs one of its own.
    const receiver =
      "queue" in entity
        ? client.createReceiver(entity.queue)
        : client.createReceiver(entity.topic, entity.subscription);
    try {
      const messages = await receiver.peekMessages(PEEK_AT_MOST);
      return messages.filter(({ state }) => state === "active").length;
    } finally {
      await receiver.close();
    }
  }

  /** An emulator has no TLS, and its administration on a port of its own. */
  #administration(connection: string): ServiceBusAdministrationClient {
    if (!/UseDevelopmentEmulator=true/i.test(connection))
      return new ServiceBusAdministrationClient(connection);
    const address = connection.replace(
      /sb:\/\/([^:;/]+)(?::(\d+))?/i,
      (_whole, host: string, port = "5672") => {
        return `sb://${host}:${this.#administrationPort ?? Number(port) + EMULATOR_ADMINISTRATION_OFFSET}`;
      },
    );
    return administrationOverHttp(address);
  }
}

function take<V>(known: Map<string, V>, key: string, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && "statusCode" in error && (error.statusCode === 401 || error.statusCode === 403);
