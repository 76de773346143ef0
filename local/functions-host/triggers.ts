import type {
  CosmosFunction,
  IndexedFunction,
  ServiceBusFunction,
  TimerFunction,
} from "./app/index-functions.ts";
import type { Listener, ListenerContext } from "./listener.ts";
import { cosmosListeners } from "./cosmos/triggers.ts";
import { serviceBusListeners } from "./service-bus/triggers.ts";
import { timerListeners } from "./timer/triggers.ts";

/** How long a start waits for a broker or a store; after that listeners connect whenever it comes. */
const PATIENCE_MS = 5000;

/** The listeners of some functions; those without a listener (http) are passed over. Clients are loaded only if they are needed. */
export class Triggers {
  readonly #functions: readonly IndexedFunction[];
  readonly #context: ListenerContext;
  #listeners: readonly Listener[] = [];
  #closeClients: (() => Promise<void>)[] = [];

  constructor(functions: readonly IndexedFunction[], context: ListenerContext) {
    this.#functions = functions;
    this.#context = context;
  }

  /** Resolves when all listen, or when what they listen to lets itself be waited for. */
  async start(): Promise<void> {
    const [serviceBus, cosmos, timers] = await Promise.all([
      serviceBusListeners(this.#functions.filter(isServiceBus), this.#context),
      cosmosListeners(this.#functions.filter(isCosmos), this.#context),
      timerListeners(this.#functions.filter(isTimer), this.#context),
    ]);
    this.#listeners = [...serviceBus.listeners, ...cosmos.listeners, ...timers];
    this.#closeClients = [serviceBus.close, cosmos.close];
    const open = Promise.all(this.#listeners.map((listener) => listener.start()));
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, PATIENCE_MS); // real time: a real connection is waited for
    try {
      await Promise.race([open, patience.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Nothing new begins; resolves when everything under way is over and settled. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await Promise.all(this.#closeClients.map((close) => close()));
  }
}

/** What is listened to once, however many instances there are; to everything else every instance listens for itself. */
export const isSingleton = ({ trigger }: IndexedFunction): boolean =>
  trigger === "timer" || trigger === "cosmosDB";
export const isPerInstance = (each: IndexedFunction): boolean => !isSingleton(each);

const isTimer = (each: IndexedFunction): each is TimerFunction => each.trigger === "timer";
const isServiceBus = (each: IndexedFunction): each is ServiceBusFunction => each.trigger === "serviceBus";
const isCosmos = (each: IndexedFunction): each is CosmosFunction => each.trigger === "cosmosDB";
