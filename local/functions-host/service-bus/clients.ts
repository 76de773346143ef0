import { RetryMode, type RetryOptions, ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusSettings } from "../app/host-json.ts";

/** Azure waits 0.8 s and more; here the broker is next door and back within a second or two. */
const RECONNECT_DELAY_MS = 500;

/** One client, so one AMQP connection, for each connection string. */
export class ServiceBusClients {
  readonly #clients = new Map<string, ServiceBusClient>();
  readonly #retryOptions: RetryOptions;

  constructor(settings: ServiceBusSettings) {
    const { mode, delay, maxDelay, tryTimeout, maxRetries } = settings.clientRetryOptions;
    this.#retryOptions = {
      mode: mode === "exponential" ? RetryMode.Exponential : RetryMode.Fixed,
      retryDelayInMs: delay ?? RECONNECT_DELAY_MS,
      ...(maxDelay === undefined ? {} : { maxRetryDelayInMs: maxDelay }),
      ...(tryTimeout === undefined ? {} : { timeoutInMs: tryTimeout }),
      maxRetries: maxRetries ?? 3,
    };
  }

  for(connectionString: string): ServiceBusClient {
    let client = this.#clients.get(connectionString);
    if (client === undefined) {
      client = new ServiceBusClient(connectionString, { retryOptions: this.#retryOptions });
      this.#clients.set(connectionString, client);
    }
    return client;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
