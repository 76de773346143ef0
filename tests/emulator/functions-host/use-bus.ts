import type {
  CreateQueueOptions,
  ServiceBusAdministrationClient,
  ServiceBusClient,
} from "@azure/service-bus";
import { administration } from "../service-bus/administration-client.ts";
import { openBus } from "../service-bus/open-bus.ts";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

export interface BusUnderTest {
  readonly client: ServiceBusClient;
  readonly admin: ServiceBusAdministrationClient;
  readonly connectionString: string;
}

/** The embedded broker with one queue named "work", made through the genuine administration client. */
export async function useBus(queue: CreateQueueOptions = {}): Promise<BusUnderTest> {
  const bus = await openBus({ queues: [] });
  const admin = administration(bus);
  await admin.createQueue("work", queue);
  return { client: bus.client, admin, connectionString: bus.server.connectionString };
}

export interface QueueApp {
  /** Options of `app.serviceBusQueue` beside connection and queueName. */
  readonly trigger?: string;
  readonly handler: string;
  readonly serviceBus?: object;
  /** Anything else the app's file holds, before the function. */
  readonly more?: string;
  readonly drainMs?: number;
}

/** A function app with one function on the queue "work". */
export async function useQueueApp(
  bus: BusUnderTest,
  { trigger = "", handler, serviceBus = {}, more = "", drainMs = 2000 }: QueueApp,
): Promise<HostUnderTest> {
  const appRoot = await useApp({
    "host.json": JSON.stringify({ version: "2.0", extensions: { serviceBus } }),
    "index.ts": `
      import { app, output, input } from "@azure/functions";
      ${more}
      const say = (context, value) => context.log(JSON.stringify(value) ?? "undefined");
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", ${trigger} handler: async (body, context) => { ${handler} } });`,
  });
  return useHost({ appRoot, settings: { Bus: bus.connectionString }, drainMs });
}

/** What the functions said with `say`. */
export const said = <T = unknown>(host: HostUnderTest): T[] =>
  host.lines
    .filter(({ event }) => event === "function log")
    .map(({ facts }): T => JSON.parse(String(facts["message"])));

export const saidTimes = (host: HostUnderTest, count: number, withinMs?: number): Promise<true> =>
  eventually(() => (said(host).length >= count ? true : undefined), withinMs);

/** How many messages a queue holds, and how many in its dead-letter queue. */
export async function counts(bus: BusUnderTest, queue = "work"): Promise<[active: number, dead: number]> {
  const { activeMessageCount, deadLetterMessageCount } = await bus.admin.getQueueRuntimeProperties(queue);
  return [activeMessageCount, deadLetterMessageCount];
}

export const queueHolds = (bus: BusUnderTest, active: number, dead: number): Promise<true> =>
  eventually(async () => ((await counts(bus)).join() === `${active},${dead}` ? true : undefined));
