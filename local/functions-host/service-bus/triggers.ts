import { availableParallelism } from "node:os";
import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { ServiceBusSettings } from "../app/host-json.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { ServiceBusListener } from "./listener.ts";

export interface ServiceBusTriggersOptions {
  readonly settings: ServiceBusSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

/** Azure's default for maxConcurrentCalls, per function and instance. */
const CALLS_PER_CORE = 16;

/** How long a start waits for the broker; after that listeners connect whenever it comes. */
const PATIENCE_MS = 5000;

/** All Service Bus functions of the app. The client is loaded only if there are any. */
export class ServiceBusTriggers {
  readonly #functions: readonly ServiceBusFunction[];
  readonly #options: ServiceBusTriggersOptions;
  #listeners: ServiceBusListener[] = [];
  #closeClients: (() => Promise<void>) | undefined;

  constructor(functions: readonly ServiceBusFunction[], options: ServiceBusTriggersOptions) {
    this.#functions = functions;
    this.#options = options;
  }

  /** Opens a receiver per function; resolves when all are open, or the broker lets itself be waited for. */
  async start(): Promise<void> {
    if (this.#functions.length === 0) return;
    const { ServiceBusClients } = await import("./clients.ts");
    const { settings, clock, log, invoke } = this.#options;
    const clients = new ServiceBusClients(settings);
    this.#closeClients = () => clients.close();
    const maxConcurrentCalls = settings.maxConcurrentCalls ?? CALLS_PER_CORE * availableParallelism();
    this.#listeners = this.#functions.map((target) => {
      const client = clients.for(target.connectionString);
      return new ServiceBusListener(target, { client, settings, maxConcurrentCalls, clock, log, invoke });
    });
    const open = Promise.all(this.#listeners.map((listener) => listener.start()));
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, PATIENCE_MS); // real time: a real connection is waited for
    await Promise.race([open, patience.promise]);
    clearTimeout(timer);
  }

  /** Receives no more; resolves when every message under way is settled. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#closeClients?.();
  }
}
