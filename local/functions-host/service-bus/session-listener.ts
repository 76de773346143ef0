import type {
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusSessionReceiver,
} from "@azure/service-bus";
import type { ScheduledCall } from "../../clock/clock.ts";
import type { ServiceBusFunction } from "../app/index-functions.ts";
import { type HandlingOptions, outcomeOf, reportUnsettled, settleThrough } from "./handle-message.ts";
import { singleRequest } from "./invocation-request.ts";
import { keepLocked } from "./lock-renewal.ts";
import { SessionSlots } from "./session-slots.ts";
import { SettlementGate } from "./settlement-gate.ts";

export interface SessionListenerOptions extends HandlingOptions {
  readonly client: ServiceBusClient;
  readonly idleMs: number;
}

/**
 * Feeds one function from the sessions of its queue or subscription: up to `maxConcurrentSessions` at a time, within one
 * session `maxConcurrentCallsPerSession` messages. A session is given back when nothing came for `idleMs`, so one that is
 * never empty is held for good, as on Azure.
 */
export class SessionListener extends SessionSlots {
  readonly #target: ServiceBusFunction;
  readonly #options: SessionListenerOptions;

  constructor(target: ServiceBusFunction, options: SessionListenerOptions) {
    super(target, { ...options, sessionsAtOnce: options.settings.maxConcurrentSessions });
    this.#target = target;
    this.#options = options;
  }

  protected async work(session: ServiceBusSessionReceiver, stopping: AbortSignal): Promise<void> {
    const { settings, clock, log, idleMs } = this.#options;
    const over = Promise.withResolvers<void>();
    const running = new Set<Promise<void>>();
    const gate = new SettlementGate();
    let idle: ScheduledCall | undefined;
    const waitForMore = (): void => {
      idle?.cancel();
      if (running.size === 0) idle = clock.schedule(idleMs, over.resolve);
    };
    const stopRenewing = keepLocked(session.sessionLockedUntilUtc.getTime(), {
      clock,
      maxMs: settings.maxAutoLockRenewalDuration,
      renew: async () => (await session.renewSessionLock()).getTime(),
      failed: () => over.resolve(), // the session is another's now
    });
    const end = (): void => over.resolve();
    stopping.addEventListener("abort", end);
    const subscription = session.subscribe(
      {
        processMessage: async (message) => {
          idle?.cancel();
          const handling = this.#handle(message, session, gate);
          running.add(handling);
          await handling;
          running.delete(handling);
          waitForMore();
        },
        processError: ({ errorSource }) => {
          if (errorSource !== "processMessageCallback") over.resolve();
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: settings.maxConcurrentCallsPerSession },
    );
    waitForMore();
    await over.promise;
    stopping.removeEventListener("abort", end); // it lives as long as the host, sessions come and go
    idle?.cancel();
    await subscription.close().catch((error: unknown) => log("session not closed", { error: String(error) }));
    await Promise.allSettled(running);
    stopRenewing();
  }

  async #handle(
    message: ServiceBusReceivedMessage,
    session: ServiceBusSessionReceiver,
    gate: SettlementGate,
  ): Promise<void> {
    const outcome = await outcomeOf(this.#target, this.#options, () => singleRequest(this.#target, message));
    if (outcome === "leave") return;
    try {
      await gate.settle(outcome, () => settleThrough(session, message, outcome));
    } catch (error) {
      reportUnsettled(this.#target, this.#options.log, message, outcome, error);
    }
  }
}
