import { HttpRequest, InvocationContext } from "@azure/functions";
import { vi } from "vitest";
import { AppRegistry } from "#local/functions-host/worker/app-registry.ts";
import { serveCoreModule } from "#local/functions-host/worker/core-module.ts";
import { type QueueName, queueNames } from "#shared/contracts/topology.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";
import type { App } from "#shared/app.ts";
import type { MemoryApp } from "../../fakes/memory-app.ts";

/** The app's real functions, registered through Azure's own library, on whatever app a test gives them. */

let current: Omit<App, "settings"> | undefined;

vi.mock("#shared/app.ts", () => ({
  loadApp: () =>
    current === undefined ? Promise.reject(new Error("No app in use")) : Promise.resolve(current),
  closeApp: () => Promise.resolve(),
}));

const registry = new AppRegistry(() => undefined);
serveCoreModule(registry);
// Not before there is somebody to register with.
await import("../../../functions/index.ts");

/** What was registered, by name. */
export const registered = [...registry.functions.values()].map(({ metadata }) => metadata);

/** From now on the functions work with this app. */
export function useApp<A extends Omit<App, "settings">>(app: A): A {
  current = app;
  return app;
}

function handlerOf(name: string) {
  const entry = registry.functions.get(name);
  if (entry === undefined) throw new Error(`There is no function ${name}`);
  return entry.callback;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Calls an HTTP function with a request as the host would make it. */
export async function call(name: string, asked: Asked = {}): Promise<Answer> {
  const {
    method = "POST",
    url = "http://localhost/api/orders",
    headers = {},
    params = {},
    query,
    body,
  } = asked;
  const request = new HttpRequest({
    method,
    url,
    headers: { ...headers },
    params: { ...params },
    ...(query === undefined ? {} : { query: { ...query } }),
    ...(body === undefined ? {} : { body: { bytes: Buffer.from(body) } }),
  });
  const context = new InvocationContext({
    functionName: name,
    invocationId: "an-invocation",
    traceContext: { traceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  });
  const answer: { status?: number; headers?: Record<string, string>; body?: string; jsonBody?: unknown } =
    Object(await handlerOf(name)(request, context));
  const { status = 200, body: text, jsonBody } = answer;
  return { status, headers: new Headers(answer.headers), body: jsonBody ?? parsed(text) };
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

/** Hands everything that is due to the functions of its queues, and what that leads to, until nothing is due. */
export async function deliverAll({ bus, outbox }: Pick<MemoryApp, "bus" | "outbox">): Promise<void> {
  for (let round = 0; round < 50; round++) {
    await outbox.drain();
    const due = queueNames.flatMap((queue) => bus.take(queue).map((message) => ({ queue, message })));
    if (due.length === 0) return;
    await Promise.all(due.map(({ queue, message }) => deliver(queue, message)));
  }
  throw new Error("It never comes to rest");
}

/** Hands one message to the function of its queue, as the host does; `deliveryCount` counts from 1. */
export async function deliver(queue: QueueName, message: OutgoingMessage, deliveryCount = 1): Promise<void> {
  const { messageId, subject, correlationId, properties } = message;
  const context = new InvocationContext({
    functionName: queue,
    invocationId: "an-invocation",
    triggerMetadata: {
      messageId,
      correlationId,
      label: subject,
      deliveryCount,
      applicationProperties: { ...properties },
    },
  });
  await handlerOf(queue)(message.body, context);
}

/** Lets the timer's function run once. */
export async function sweep(): Promise<void> {
  await runTimer("sweep-outbox");
}

export async function runTimer(name: string): Promise<void> {
  await handlerOf(name)({}, new InvocationContext({ functionName: name }));
}
