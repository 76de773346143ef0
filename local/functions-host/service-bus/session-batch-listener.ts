import type { ServiceBusClient, ServiceBusSessionReceiver } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import { batchSize, runBatch } from "./batch-run.ts";
import { collectBatch } from "./collect-batch.ts";
import type { HandlingOptions } from "./handle-message.ts";
import { SessionSlots } from "./session-slots.ts";

export interface SessionBatchListenerOptions extends HandlingOptions {
  readonly client: ServiceBusClient;
  readonly idleMs: number;
}

/**
 * Batches of one session at a time: Azure's host holds a single session per instance here, whatever maxConcurrentSessions
 * says, until nothing came for `idleMs`.
 */
export class SessionBatchListener extends SessionSlots {
  readonly #target: ServiceBusFunction;
  readonly #options: SessionBatchListenerOptions;

  constructor(target: ServiceBusFunction, options: SessionBatchListenerOptions) {
    super(target, { ...options, sessionsAtOnce: 1 });
    this.#target = target;
    this.#options = options;
  }

  protected async work(session: ServiceBusSessionReceiver, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const messages = await collectBatch(session, batchSize(this.#options), this.#options.idleMs, stopping);
      if (messages.length === 0) return;
      await runBatch(this.#target, this.#options, session, messages);
    }
  }
}
