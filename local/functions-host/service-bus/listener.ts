import { randomUUID } from "node:crypto";
import type {
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from "@azure/service-bus";
import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { ServiceBusSettings } from "../app/host-json.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import { childTrace } from "../trace-context.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { keepLocked } from "./lock-renewal.ts";
import { bodyOf } from "./message-body.ts";
import { type Outcome, SettlementGate } from "./settlement-gate.ts";
import { Slots } from "./slots.ts";
import { triggerMetadata } from "./trigger-metadata.ts";

export interface ListenerOptions {
  readonly client: ServiceBusClient;
  readonly settings: ServiceBusSettings;
  readonly maxConcurrentCalls: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the function failed, in whatever way. */
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

/** What `subscribe` takes beyond its published type; the client calls it whenever its link is (again) open. */
interface LinkEvents {
  postInitialize(): Promise<void>;
}

/**
 * One life of the receiver's link. After a broken connection the client opens another one and knows no longer how to
 * settle what came on the old one: such a settlement hangs until the client's time-out (7.9.5 looks the receiver up by
 * its old name, finds it open, and writes to a session that is gone).
 */
interface Link {
  readonly gate: SettlementGate;
}

const newLink = (): Link => ({ gate: new SettlementGate() });

/**
 * Feeds one function from its queue or subscription: receive -> invoke -> complete, or abandon at once if
 * anything fails. How often a message comes back is the broker's affair (its maximum delivery count).
 */
export class ServiceBusListener {
  readonly #target: ServiceBusFunction;
  readonly #options: ListenerOptions;
  readonly #receiver: ServiceBusReceiver;
  #link: Link = newLink();
  readonly #slots: Slots;
  readonly #listening = Promise.withResolvers<void>();
  readonly #inFlight = new Set<Promise<void>>();
  #subscription: { close(): Promise<void> } | undefined;
  #down = false;
  #stopped = false;

  constructor(target: ServiceBusFunction, options: ListenerOptions) {
    this.#target = target;
    this.#options = options;
    this.#slots = new Slots(options.maxConcurrentCalls);
    const receiverOptions = {
      receiveMode: "peekLock",
      maxAutoLockRenewalDurationInMs: 0, // see keepLocked
      skipParsingBodyAsJson: true, // the library parses, as on Azure
    } as const;
    const { client } = options;
    this.#receiver =
      "queue" in target.entity
        ? client.createReceiver(target.entity.queue, receiverOptions)
        : client.createReceiver(target.entity.topic, target.entity.subscription, receiverOptions);
  }

  /** Resolves when the link is open for the first time; until then the client keeps trying. */
  start(): Promise<void> {
    const handlers = {
      processMessage: (message: ServiceBusReceivedMessage) => this.#receive(message),
      processError: (args: ProcessErrorArgs) => this.#reportError(args),
      postInitialize: () => this.#reportOpen(),
    } satisfies LinkEvents & Record<string, unknown>;
    this.#subscription = this.#receiver.subscribe(handlers, {
      autoCompleteMessages: false,
      // The client has no prefetch: what is beyond the calls waits here, locked, as prefetched messages do.
      maxConcurrentCalls: this.#options.maxConcurrentCalls + this.#options.settings.prefetchCount,
    });
    return this.#listening.promise;
  }

  /** Receives nothing more; messages under way are finished and settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listening.resolve();
    await this.#subscription?.close();
    await Promise.allSettled(this.#inFlight);
  }

  /** After `stop`, or to drop everything: unsettled messages come back when their locks run out. */
  async close(): Promise<void> {
    await this.#receiver.close();
  }

  async #receive(message: ServiceBusReceivedMessage): Promise<void> {
    const link = this.#link;
    const handling = this.#handle(message, link);
    this.#inFlight.add(handling);
    await handling;
    this.#inFlight.delete(handling);
    // The client answers each return with one more credit on whatever link there is by now, and a new link begins with
    // all of them: without this, every broken connection would raise the number of messages taken at once.
    if (link !== this.#link) await new Promise<never>(() => undefined);
  }

  async #handle(message: ServiceBusReceivedMessage, link: Link): Promise<void> {
    await this.#slots.take();
    let outcome: Outcome = "complete";
    const stopRenewing = keepLocked(message.lockedUntilUtc?.getTime() ?? 0, {
      clock: this.#options.clock,
      maxMs: this.#options.settings.maxAutoLockRenewalDuration,
      renew: async () => (await this.#receiver.renewMessageLock(message)).getTime(),
      failed: (error) => this.#log("lock renewal failed", message, error),
    });
    try {
      await this.#options.invoke(this.#toRequest(message));
    } catch {
      outcome = "abandon"; // the failure itself was logged where it was noticed
    }
    stopRenewing();
    this.#slots.release();
    await this.#settle(message, outcome, link);
  }

  async #settle(message: ServiceBusReceivedMessage, outcome: Outcome, { gate }: Link): Promise<void> {
    try {
      if (gate !== this.#link.gate) throw new Error("the connection that the message came on is gone");
      await gate.settle(outcome, () =>
        outcome === "complete"
          ? this.#receiver.completeMessage(message)
          : this.#receiver.abandonMessage(message),
      );
    } catch (error) {
      // Lock lost or broker gone: the broker will deliver the message again.
      this.#log("settlement failed", message, error, { outcome });
    }
  }

  #toRequest(message: ServiceBusReceivedMessage): InvocationRequest {
    const data = bodyOf(message, this.#target.binary);
    const properties = message.applicationProperties;
    const parent = properties?.["traceparent"] ?? properties?.["Diagnostic-Id"];
    return {
      invocationId: randomUUID(),
      functionName: this.#target.name,
      inputData: [{ name: this.#target.triggerName, data }],
      triggerMetadata: triggerMetadata(message, data.string),
      traceContext: childTrace(typeof parent === "string" ? parent : undefined),
    };
  }

  /** Called before the client asks for the first message on the new link. */
  #reportOpen(): Promise<void> {
    this.#link = newLink();
    if (this.#down) this.#options.log("listener recovered", { function: this.#target.name });
    this.#down = false;
    this.#listening.resolve();
    return Promise.resolve();
  }

  /** One line when it goes down; the client's further attempts are its own affair. */
  #reportError({ error, errorSource }: ProcessErrorArgs): Promise<void> {
    if (errorSource !== "processMessageCallback" && !this.#down && !this.#stopped) {
      this.#down = true;
      this.#options.log("listener down", { function: this.#target.name, error: describeError(error) });
    }
    return Promise.resolve();
  }

  #log(event: string, message: ServiceBusReceivedMessage, error: unknown, facts: object = {}): void {
    const { name } = this.#target;
    this.#options.log(event, {
      function: name,
      messageId: message.messageId,
      ...facts,
      error: describeError(error),
    });
  }
}

/** The client's AggregateError has an empty message; what happened is in its parts. */
function describeError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describeError).join("; ");
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return error.message.startsWith(code) ? error.message : `${code}${error.message}`;
}
