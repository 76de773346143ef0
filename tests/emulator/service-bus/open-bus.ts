import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import { onTestFinished } from "vitest";
import { type Clock, realClock } from "#local/clock/clock.ts";
import { type RunningServiceBus, type SharedAccessKey, startServiceBus } from "#local/service-bus/index.ts";
import type { Queue, QueueName, Topic, Topology } from "#shared/contracts/topology.ts";
import { KEY } from "./keys.ts";

export const queue = (name: string, special: Partial<Queue> = {}): Queue => ({
  name,
  lockDuration: "PT30S",
  maxDeliveryCount: 10,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: "PT10M",
  defaultMessageTimeToLive: "P14D",
  deadLetteringOnMessageExpiration: true,
  ...special,
});

/** Forwards to the queue of its own name what has one of the labels. */
export const subscription = (
  name: string,
  labels: readonly string[],
  maxDeliveryCount = 10,
): Topic["subscriptions"][number] => ({
  name,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests bring queues of their own
  forwardTo: name as QueueName,
  maxDeliveryCount,
  rules: labels.map((label) => ({ name: label, correlationFilter: { label } })),
});

export const topic = (
  name: string,
  subscriptions: Topic["subscriptions"],
  special: Partial<Topic> = {},
): Topic => ({
  name,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: "PT10M",
  defaultMessageTimeToLive: "P14D",
  subscriptions,
  ...special,
});

export interface Bus {
  readonly client: ServiceBusClient;
  readonly server: RunningServiceBus;
  /** Every event the broker logged. */
  readonly events: readonly string[];
  readonly dataFolder: string;
  /** Stops the broker and starts it again on the same data, with a new client. */
  restart(how?: { readonly keepClient?: boolean; readonly amqpPort?: number }): Promise<Bus>;
}

export interface BusOptions {
  readonly queues?: readonly Queue[];
  readonly topics?: readonly Topic[];
  readonly clock?: Clock;
  /** Beside the one that the bus's own client uses. */
  readonly keys?: readonly SharedAccessKey[];
}

export const newClient = (
  connectionString: string,
  retryOptions = { maxRetries: 1, retryDelayInMs: 50, timeoutInMs: 5000 },
): ServiceBusClient => {
  const client = new ServiceBusClient(connectionString, { retryOptions });
  // A client whose broker was killed may wait a minute for answers that nobody will give.
  onTestFinished(() => Promise.race([client.close(), setTimeout(3000, undefined, { ref: false })]));
  return client;
};

/** A broker of its own on free ports with a genuine client; both end with the test. */
export async function openBus(options: BusOptions = {}): Promise<Bus> {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-bus-"));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  return await start(options, dataFolder);
}

async function start(options: BusOptions, dataFolder: string, amqpPort = 0): Promise<Bus> {
  const events: string[] = [];
  const topology = { queues: options.queues ?? [queue("work")], topics: options.topics ?? [] } as Topology;
  const server = await startServiceBus({
    dataFolder,
    clock: options.clock ?? realClock,
    durability: "relaxed",
    log: (event, facts) => events.push(`${event} ${JSON.stringify(facts ?? {})}`),
    amqpPort,
    administrationPort: 0,
    sharedAccessKeys: [KEY, ...(options.keys ?? [])],
    topology,
  });
  onTestFinished(() => server.stop());
  const client = newClient(server.connectionString);
  return {
    client,
    server,
    events,
    dataFolder,
    async restart(how = {}) {
      if (how.keepClient !== true) await client.close();
      await server.stop();
      return await start(options, dataFolder, how.amqpPort);
    },
  };
}
