import { InvocationContext } from "@azure/functions";
import { z } from "zod";
import { messageHandler, type MessageCall } from "#shared/bindings/message.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

export const HOUR = 3_600_000;
export const BODY = { orderId: "ord_1" };
export const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const Work = z.strictObject({ orderId: z.string(), subject: z.string().optional() });
export type Run = (call: MessageCall<z.infer<typeof Work>>) => Promise<Outcome>;

export function failing(fault: Error): Run {
  return () => Promise.reject(fault);
}
export const down = failing(new TransientFault("answered 503"));
export const refused = failing(new PermanentFault("MailRefused", "no such address"));

/** A queue function of its own with work that a test decides, on an app in memory. */
export interface MessageWorld {
  readonly app: MemoryApp;
  /** What the host tells of a message that was just put on the queue. */
  metadata(changes?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** What the host tells of a copy that the handler itself has sent. */
  metadataOf(copy: OutgoingMessage): Record<string, unknown>;
  /** Handles one message. */
  handle(
    run: Run,
    metadata?: Readonly<Record<string, unknown>>,
    body?: unknown,
    onParked?: (call: Parameters<Run>[0]) => Promise<unknown>,
  ): Promise<void>;
  /** Runs `run` on the message and on every copy of it, as time passes, until it is parked; answers the parked copy. */
  untilParked(run: Run): Promise<OutgoingMessage>;
  /** The one message that was sent; throws when there are none or more. */
  sent(): OutgoingMessage;
  /** The copies that are due after an hour. */
  anHourLater(): OutgoingMessage[];
}

export function openMessageWorld(): MessageWorld {
  const app = createMemoryApp();
  const world: MessageWorld = {
    app,
    metadata: (changes = {}) => ({
      messageId: "ord_1.v1-inventory",
      label: "order.placed.v1",
      correlationId: "ord_1",
      deliveryCount: 1,
      enqueuedTimeUtc: new Date(app.system.now()).toISOString(),
      applicationProperties: { traceparent: TRACE },
      ...changes,
    }),
    metadataOf: ({ messageId, subject, correlationId, properties }) =>
      world.metadata({ messageId, label: subject, correlationId, applicationProperties: { ...properties } }),
    async handle(run, triggerMetadata = world.metadata(), body = BODY, onParked = () => Promise.resolve()) {
      const handler = messageHandler(() => Promise.resolve(app), {
        queue: "stock",
        schema: Work,
        budgetMs: 24 * HOUR,
        run: (_app, call) => run(call),
        onParked: async (_app, call) => void (await onParked(call)),
      });
      await handler(
        body,
        new InvocationContext({ invocationId: "inv_1", triggerMetadata: { ...triggerMetadata } }),
      );
    },
    async untilParked(run) {
      const { bus, system } = app;
      await world.handle(run);
      for (let step = 0; step < 10_000; step++) {
        const [copy] = bus.take("stock");
        if (copy?.properties?.["parked"] === true) return copy;
        if (copy !== undefined) await world.handle(run, world.metadataOf(copy), copy.body);
        else system.advance((bus.nextDueMs() ?? Number.NaN) - system.now());
      }
      throw new Error("It is never parked");
    },
    sent() {
      const [message, ...more] = app.bus.arrived;
      if (message === undefined || more.length > 0)
        throw new Error(`${app.bus.arrived.length} messages were sent`);
      return message;
    },
    anHourLater() {
      app.system.advance(HOUR);
      return app.bus.take("stock");
    },
  };
  return world;
}
