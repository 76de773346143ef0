import type {
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from "@azure/service-bus";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import type { Listener } from "../listener.ts";
import { describeError } from "../describe-error.ts";
import { type HandlingOptions, outcomeOf, reportUnsettled, settleThrough } from "./handle-message.ts";
import { singleRequest } from "./invocation-request.ts";
import { LinkReport } from "./link-report.ts";
import { keepLocked } from "./lock-renewal.ts";
import { openReceiver } from "./receivers.ts";
import { type Outcome, SettlementGate } from "./settlement-gate.ts";
import { Slots } from "./slots.ts";

export interface ListenerOptions extends HandlingOptions {
  readonly client: ServiceBusClient;
  readonly maxConcurrentCalls: number;
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
export class ServiceBusListener implements Listener {
  readonly #target: ServiceBusFunction;
  readonly #options: ListenerOptions;
  readonly #receiver: ServiceBusReceiver;
  #link: Link = newLink();
  readonly #slots: Slots;
  readonly #listening = Promise.withResolvers<void>();
  readonly #inFlight = new Set<Promise<void>>();
  #subscription: { close(): Promise<void> } | undefined;
  readonly #report: LinkReport;
  #stopped = false;

  constructor(target: ServiceBusFunction, options: ListenerOptions) {
    this.#target = target;
    this.#options = options;
    this.#slots = new Slots(options.maxConcurrentCalls);
    this.#receiver = openReceiver(options.client, target.entity);
    this.#report = new LinkReport(target.name, options.log);
  }

  get functionName(): string {
    return this.#target.name;
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
    const stopRenewing = keepLocked(message.lockedUntilUtc?.getTime() ?? 0, {
      clock: this.#options.clock,
      maxMs: this.#options.settings.maxAutoLockRenewalDuration,
      renew: async () => (await this.#receiver.renewMessageLock(message)).getTime(),
      failed: (error) =>
        this.#options.log("lock renewal failed", {
          function: this.#target.name,
          messageId: message.messageId,
          error: describeError(error),
        }),
    });
    const outcome = await outcomeOf(this.#target, this.#options, () => singleRequest(this.#target, message));
    stopRenewing();
    this.#slots.release();
    if (outcome !== "leave") await this.#settle(message, outcome, link);
  }

  async #settle(message: ServiceBusReceivedMessage, outcome: Outcome, { gate }: Link): Promise<void> {
    try {
      if (gate !== this.#link.gate) throw new Error("the connection that the message came on is gone");
      await gate.settle(outcome, () => settleThrough(this.#receiver, message, outcome));
    } catch (error) {
      reportUnsettled(this.#target, this.#options.log, message, outcome, error);
    }
  }

  /** Called before the client asks for the first message on the new link. */
  #reportOpen(): Promise<void> {
    this.#link = newLink();
    this.#report.up();
    this.#listening.resolve();
    return Promise.resolve();
  }

  /** The client's further attempts are its own affair. */
  #reportError({ error, errorSource }: ProcessErrorArgs): Promise<void> {
    if (errorSource !== "processMessageCallback" && !this.#stopped) this.#report.down(error);
    return Promise.resolve();
  }
}
