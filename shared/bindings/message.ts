import type { ServiceBusQueueHandler } from "@azure/functions";
import type { z } from "zod";
import { carriedProperties, copyId, parkedId } from "#shared/contracts/message-properties.ts";
import { readTolerantly } from "#shared/contracts/read-tolerantly.ts";
import type { QueueName } from "#shared/contracts/topology.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import type { Occasion } from "#shared/domain/order.ts";
import { decide, type RetryPolicy } from "#shared/domain/retry.ts";
import type { Bus } from "#shared/ports/bus.ts";
import { classify, TransientFault } from "#shared/ports/faults.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import { type MessageFacts, readMessageFacts } from "./message-facts.ts";
import { attemptSpan, recordOutcome } from "./message-telemetry.ts";
import { startedApp } from "./started-app.ts";

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
  /** Makes it known that the work has stopped; may run twice. Before the message is parked, so that a crash repeats it. */
  readonly onParked?: (app: App, call: MessageCall<z.infer<S>>, reason: string) => Promise<void>;
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
    const app = await startedApp(loadApp);
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
  const parsed = readTolerantly(endpoint.schema, body);
  if (!parsed.success) {
    return { kind: "park", reason: "InvalidMessage", description: parsed.error.message.slice(0, 1000) };
  }
  const nowMs = app.system.now();
  const call = { message: parsed.data, facts, occasion: { at: new Date(nowMs).toISOString(), traceparent } };
  let outcome: Outcome;
  try {
    outcome = await endpoint.run(app, call);
  } catch (error) {
    outcome = decideOn(app, endpoint, facts, error);
  }
  return outcome.kind === "park" ? await parkedAndMarked(app, endpoint, call, outcome) : outcome;
}

/**
 * A store that is away is waited for, since thrown back ten times the message would lose its reason. What can never be
 * marked (its document is damaged) is parked all the same.
 */
async function parkedAndMarked<App extends MessageDeps, S extends z.ZodType>(
  app: App,
  { queue, onParked }: MessageEndpoint<App, S>,
  call: MessageCall<z.infer<S>>,
  parked: Extract<Outcome, { kind: "park" }>,
): Promise<Outcome> {
  try {
    await onParked?.(app, call, parked.reason);
    return parked;
  } catch (error) {
    if (error instanceof TransientFault) {
      return { kind: "wait", atMs: app.system.now() + app.retryPolicy.capMs };
    }
    const stack = error instanceof Error ? error.stack : String(error);
    app.log.error("message.not-marked", { queue, message: call.facts.originalId, error: stack });
    return parked;
  }
}

function decideOn<App extends MessageDeps, S extends z.ZodType>(
  app: App,
  { queue, budgetMs }: MessageEndpoint<App, S>,
  { firstEnqueuedAtMs, attempt, originalId }: MessageFacts,
  error: unknown,
): Outcome {
  const failure = classify(error);
  if (failure.kind === "bug") {
    const stack = error instanceof Error ? error.stack : String(error);
    app.log.error("message.bug", { queue, message: originalId, error: stack });
  }
  const [nowMs, chance] = [app.system.now(), app.system.random()];
  return decide({ failure, attempt, firstEnqueuedAtMs, budgetMs, nowMs, chance }, app.retryPolicy);
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
      messageId: parkedId(originalId, hop),
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
