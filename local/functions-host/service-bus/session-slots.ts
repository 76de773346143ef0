import type { ServiceBusClient, ServiceBusSessionReceiver } from "@azure/service-bus";
import type { Log } from "../../part.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { Listener } from "../listener.ts";
import { LinkReport } from "./link-report.ts";
import { nextSession } from "./receivers.ts";

export interface SessionSlotsOptions {
  readonly client: ServiceBusClient;
  readonly log: Log;
  readonly sessionsAtOnce: number;
}

/** Real time: between two attempts to reach a broker that is gone. */
const RECONNECT_MS = 500;

/** Places for sessions. Each asks for the next free session, works on it, gives it back and asks again. */
export abstract class SessionSlots implements Listener {
  readonly functionName: string;
  readonly #entity: ServiceBusFunction["entity"];
  readonly #slots: SessionSlotsOptions;
  readonly #report: LinkReport;
  readonly #stopping = new AbortController();
  readonly #open = new Set<ServiceBusSessionReceiver>();
  #loops: Promise<void>[] = [];

  constructor(target: ServiceBusFunction, options: SessionSlotsOptions) {
    this.functionName = target.name;
    this.#entity = target.entity;
    this.#slots = options;
    this.#report = new LinkReport(target.name, options.log);
  }

  /** Resolves when the session has nothing more, is lost, or `stopping`; by then everything of it is settled. */
  protected abstract work(session: ServiceBusSessionReceiver, stopping: AbortSignal): Promise<void>;

  /** Asking for a session blocks until there is one, so there is nothing to wait for. */
  start(): Promise<void> {
    this.#loops = Array.from({ length: this.#slots.sessionsAtOnce }, () => this.#loop());
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled([...this.#open].map((session) => session.close()));
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const session = await nextSession(this.#slots.client, this.#entity, signal);
        this.#report.up();
        if (session !== undefined) await this.#use(session, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#report.down(error);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }

  async #use(session: ServiceBusSessionReceiver, signal: AbortSignal): Promise<void> {
    this.#open.add(session);
    try {
      await this.work(session, signal);
    } finally {
      this.#open.delete(session);
      await session.close().catch(() => undefined); // the broker frees a session whose link is gone anyway
    }
  }
}
