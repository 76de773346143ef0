import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { createServiceBusBus } from "#shared/adapters/service-bus/service-bus-bus.ts";
import { type QueueName, topology } from "#shared/contracts/topology.ts";
import type { MessageProperties, OutgoingMessage } from "#shared/ports/bus.ts";
import { createHandSystem } from "../fakes/hand-system.ts";
import { createMemoryBus } from "../fakes/memory-bus.ts";
import { type BusWorld, testBus } from "./bus.contract.ts";

testBus("in memory", () => {
  const system = createHandSystem();
  const bus = createMemoryBus(system);
  return Promise.resolve({
    bus,
    now: () => system.now(),
    advance: (ms) => Promise.resolve(system.advance(ms)),
    // A receiver is not told when a message was due.
    take: (queue) => Promise.resolve(bus.take(queue).map(({ notBeforeMs: _due, ...message }) => message)),
    stop: () => Promise.resolve(),
  });
});

/** The embedded broker, on a clock driven by hand, and Azure's client. */
async function openServiceBus(): Promise<BusWorld> {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-bus-"));
  const clock = createHandClock();
  const server = await startServiceBus({
    dataFolder,
    clock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "RootManageSharedAccessKey", key: "for-tests-only", claims: ["Manage"] }],
    topology,
  });
  const client = new ServiceBusClient(server.connectionString);
  return {
    bus: createServiceBusBus(() => Promise.resolve(client)),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    take: (queue, count) => take(client, queue, count),
    async stop() {
      await client.close();
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function take(client: ServiceBusClient, queue: QueueName, count: number): Promise<OutgoingMessage[]> {
  const receiver = client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
  try {
    const taken: ServiceBusReceivedMessage[] = [];
    while (taken.length < count) {
      const received = await receiver.receiveMessages(count - taken.length, { maxWaitTimeInMs: 2000 });
      if (received.length === 0) break;
      taken.push(...received);
    }
    return taken.map(asSent);
  } finally {
    await receiver.close();
  }
}

function asSent({
  messageId,
  subject,
  correlationId,
  body,
  applicationProperties,
}: ServiceBusReceivedMessage) {
  const properties: MessageProperties = Object(applicationProperties);
  return {
    messageId: String(messageId),
    subject: subject ?? "",
    correlationId: String(correlationId),
    body: body as unknown,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}

testBus("Service Bus", openServiceBus);
