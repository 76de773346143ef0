import type { ServiceBusQueueHandler } from "@azure/functions";
import type { z } from "zod";
import { carriedProperties, copyId } from "#shared/contracts/message-properties.ts";
import type { QueueName } from "#shared/contracts/topology.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import type { Occasion } from "#shared/domain/order.ts";
import { decide, type RetryPolicy } from "#shared/domain/retry.ts";
import type { Bus } from "#shared/ports/bus.ts";
import { classify } from "#shared/ports/faults.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import { type MessageFacts, readMessageFacts } from "./message-facts.ts";
import { attemptSpan, recordOutcome } from "./message-telemetry.ts";

export interface MessageDeps {
  readonly bus: Bus;
  readonly system: System;
  readonly retryPolicy: RetryPolicy;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface MessageCall<M> {
  readonly message: M;
  readonly facts: MessageFacts;
  readonly occasion: Occasion;
}

export interface MessageEndpoint<App, S extends z.ZodType> {
  readonly queue: QueueName;
  readonly schema: S;
  /** How long this work may stay undone, in milliseconds since it was first put on the queue. */
  readonly budgetMs: number;
  /** Returns when the work is done or decided; throws when the world or our own code failed. */
  readonly run: (app: App, call: MessageCall<z.infer<S>>) => Promise<Outcome>;
}

/** Thrown for a parked copy, so that the broker itself moves it to the dead-letter queue. */
class ParkedMessage extends Error {
  override readonly name = "ParkedMessage";
}

/**
 * The only place that turns outcomes into settlement. A handler that returns completes the message; one that throws
 * gives it back at once, which is for crashes only. So a failure becomes a delayed copy on the same queue (which
 * reaches this one consumer) or a parked copy, and then the message is complete. A crash between the two steps repeats
 * them, and duplicate detection drops the second copy: its id is made of the first message's id and the hop.
 */
export function messageHandler<App extends MessageDeps, S extends z.ZodType>(
  loadApp: () => Promise<App>,
  endpoint: MessageEndpoint<App, S>,
): ServiceBusQueueHandler {
  return async (body: unknown, context) => {
    const app = await loadApp();
    const facts = readMessageFacts(context, app.system);
    if (facts.parked) throw new ParkedMessage(`Parked: ${facts.originalId}`);
    const { queue } = endpoint;
    await app.telemetry.span(attemptSpan(queue, facts, context), async (span) => {
      const outcome = await handle(app, endpoint, body, facts, span.traceparent);
      const previousAttempt = span.traceparent === facts.traceparent ? undefined : span.traceparent;
      await settle(app, queue, body, { ...facts, previousAttempt }, outcome);
      span.note({ outcome: outcome.kind });
      if (outcome.kind === "park") span.fail(outcome.reason);
      const { firstEnqueuedAtMs } = facts;
      recordOutcome(app.telemetry, queue, { firstEnqueuedAtMs, nowMs: app.system.now() }, outcome);
    });
  };
}

async function handle<App extends MessageDeps, S extends z.ZodType>(
  app: App,
  endpoint: MessageEndpoint<App, S>,
  body: unknown,
  facts: MessageFacts,
  traceparent: string | undefined,
): Promise<Outcome> {
  const parsed = endpoint.schema.safeParse(body);
  if (!parsed.success) {
    return { kind: "park", reason: "InvalidMessage", description: parsed.error.message.slice(0, 1000) };
  }
  const nowMs = app.system.now();
  const occasion = { at: new Date(nowMs).toISOString(), traceparent };
  try {
    return await endpoint.run(app, { message: parsed.data, facts, occasion });
  } catch (error) {
    const failure = classify(error);
    const { firstEnqueuedAtMs, attempt } = facts;
    if (failure.kind === "bug") {
      const stack = error instanceof Error ? error.stack : String(error);
      app.log.error("message.bug", { queue: endpoint.queue, message: facts.originalId, error: stack });
    }
    const chance = app.system.random();
    const { budgetMs } = endpoint;
    const late = { failure, attempt, firstEnqueuedAtMs, budgetMs, nowMs: app.system.now(), chance };
    return decide(late, app.retryPolicy);
  }
}

async function settle(
  app: MessageDeps,
  queue: QueueName,
  body: unknown,
  facts: MessageFacts,
  outcome: Outcome,
): Promise<void> {
  if (outcome.kind === "done") return;
  const { originalId, hop, attempt, correlationId } = facts;
  const common = { subject: facts.subject, correlationId, body };
  const line = { queue, message: originalId, order: correlationId, hop, attempt };
  if (outcome.kind !== "park") {
    const next = { ...facts, hop: hop + 1, attempt: outcome.kind === "retry" ? attempt + 1 : attempt };
    await app.bus.send(queue, [
      {
        ...common,
        messageId: copyId(originalId, next.hop),
        properties: carriedProperties(next),
        notBeforeMs: outcome.atMs,
      },
    ]);
    app.log.info(`message.${outcome.kind}`, { ...line, at: new Date(outcome.atMs).toISOString() });
    return;
  }
  const { reason, description, attempts = attempt } = outcome;
  await app.bus.send(queue, [
    {
      ...common,
      messageId: `${copyId(originalId, hop)}:parked`,
      properties: {
        ...carriedProperties(facts),
        parked: true,
        failureReason: reason,
        failureDescription: description.slice(0, 1000),
        failedAt: new Date(app.system.now()).toISOString(),
        attempts,
        firstEnqueuedAt: new Date(facts.firstEnqueuedAtMs).toISOString(),
        orderId: correlationId,
      },
    },
  ]);
  app.log.warn("message.parked", { ...line, reason, description });
}
