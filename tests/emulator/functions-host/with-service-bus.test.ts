import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { topology } from "#shared/contracts/topology.ts";
import { eventually, type HostUnderTest, useFolder, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

async function useServiceBus() {
  const bus = await startServiceBus({
    dataFolder: await useFolder(),
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "Root", key: "not-a-secret", claims: ["Manage", "Send", "Listen"] }],
    topology,
  });
  onTestFinished(() => bus.stop());
  const client = new ServiceBusClient(bus.connectionString);
  onTestFinished(() => client.close());
  return { connectionString: bus.connectionString, client };
}

/** A function on the queue "stock"; `attempts` counts deliveries by message. */
const stockApp = (handler: string) =>
  useApp({
    "host.json": JSON.stringify({
      version: "2.0",
      extensions: { serviceBus: { maxConcurrentCalls: 16, prefetchCount: 16 } },
    }),
    "index.ts": `
      import { app } from "@azure/functions";
      const attempts = new Map();
      app.serviceBusQueue("stock", { connection: "Bus", queueName: "stock", handler: (body, context) => {
        const attempt = (attempts.get(body.id) ?? 0) + 1;
        attempts.set(body.id, attempt);
        ${handler}
        context.log(body.id);
      } });`,
  });

const orders = (count: number): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    messageId: `ord_${index}`,
    subject: "order.placed.v1",
    body: { id: `ord_${index}` },
  }));

const handled = (host: HostUnderTest): unknown[] =>
  host.lines.filter(({ event }) => event === "function log").map(({ facts }) => facts["message"]);

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `ord_${index}`);

test("what is published to a topic is handled by the function on the work queue, each message once", async () => {
  const { client, connectionString } = await useServiceBus();
  const host = await useHost({ appRoot: await stockApp(""), settings: { Bus: connectionString } });

  await client.createSender("inventory").sendMessages(orders(300));
  await eventually(() => (handled(host).length >= 300 ? true : undefined));
  await host.stop();

  expect(handled(host)).toHaveLength(300);
  expect(new Set(handled(host))).toEqual(new Set(ids(300)));
  expect(await client.createReceiver("stock").peekMessages(1)).toEqual([]);
});

test("with successes and failures settled side by side nothing is lost: every message succeeds in the end", async () => {
  const { client, connectionString } = await useServiceBus();
  const failOnce = 'if (attempt === 1 && Number(body.id.slice(4)) % 2) throw new Error("not yet");';
  const host = await useHost({ appRoot: await stockApp(failOnce), settings: { Bus: connectionString } });

  await client.createSender("inventory").sendMessages(orders(300));
  await eventually(() => (handled(host).length >= 300 ? true : undefined));
  await host.stop();

  expect(handled(host)).toHaveLength(300);
  expect(new Set(handled(host))).toEqual(new Set(ids(300)));
  expect(await client.createReceiver("stock").peekMessages(1)).toEqual([]);
});

test("a message that always fails ends in the dead-letter queue after the queue's maximum of attempts", async () => {
  const { client, connectionString } = await useServiceBus();
  const host = await useHost({
    appRoot: await stockApp(
      'context.log(String(context.triggerMetadata.deliveryCount)); throw new Error("never");',
    ),
    settings: { Bus: connectionString },
  });

  await client.createSender("inventory").sendMessages(orders(1));
  const deadLetters = client.createReceiver("stock", { subQueueType: "deadLetter" });
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 8000 });

  expect(dead?.deadLetterReason).toBe("MaxDeliveryCountExceeded");
  expect(handled(host)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
});
