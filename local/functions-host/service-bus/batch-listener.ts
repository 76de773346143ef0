import type { ServiceBusClient, ServiceBusReceiver } from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { Listener } from "../listener.ts";
import { batchSize, runBatch } from "./batch-run.ts";
import { collectBatch } from "./collect-batch.ts";
import type { HandlingOptions } from "./handle-message.ts";
import { LinkReport } from "./link-report.ts";
import { openReceiver } from "./receivers.ts";

export interface BatchListenerOptions extends HandlingOptions {
  readonly client: ServiceBusClient;
  /** How long one receive waits for a first message. */
  readonly tryTimeoutMs: number;
}

/** Real time: between two attempts to reach a broker that is gone. */
const RECONNECT_MS = 500;

/** Feeds one function with batches, one at a time: receive what is there, invoke once, settle all alike, receive again. */
export class BatchListener implements Listener {
  readonly functionName: string;
  readonly #target: ServiceBusFunction;
  readonly #options: BatchListenerOptions;
  readonly #report: LinkReport;
  readonly #stopping = new AbortController();
  #receiver: ServiceBusReceiver | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(target: ServiceBusFunction, options: BatchListenerOptions) {
    this.functionName = target.name;
    this.#target = target;
    this.#options = options;
    this.#report = new LinkReport(target.name, options.log);
  }

  /** A receiver opens its link with the first receive, which waits for a message: there is nothing to wait for. */
  start(): Promise<void> {
    this.#loop = this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#receiver?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { client, tryTimeoutMs } = this.#options;
    while (!signal.aborted) {
      const receiver = (this.#receiver ??= openReceiver(client, this.#target.entity));
      try {
        const messages = await collectBatch(receiver, batchSize(this.#options), tryTimeoutMs, signal);
        this.#report.up();
        if (messages.length > 0) await runBatch(this.#target, this.#options, receiver, messages);
      } catch (error) {
        if (signal.aborted) return;
        this.#report.down(error);
        this.#receiver = undefined;
        await receiver.close().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }
}
