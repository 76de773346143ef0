import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import { createServiceBusBus } from "#shared/adapters/service-bus/service-bus-bus.ts";
import type { QueueName } from "#shared/contracts/topology.ts";
import type { MessageProperties, OutgoingMessage } from "#shared/ports/bus.ts";
import { createHandSystem } from "../fakes/hand-system.ts";
import { createMemoryBus } from "../fakes/memory-bus.ts";
import { type BusWorld, testBus } from "./bus.contract.ts";
import { openServiceBus } from "./service-bus-world.ts";

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

async function openBus(): Promise<BusWorld> {
  const { clock, client, stop } = await openServiceBus();
  return {
    bus: createServiceBusBus(() => Promise.resolve(client)),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    take: (queue, count) => take(client, queue, count),
    stop,
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

testBus("Service Bus", openBus);
