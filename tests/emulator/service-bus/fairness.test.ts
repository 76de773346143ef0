import { expect, onTestFinished, test } from "vitest";
import { newClient, openBus, queue } from "./open-bus.ts";
import { rawReceiver } from "./raw-client.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("a stuck receiver, two slow ones and a flooding producer do not starve the others", async () => {
  const bus = await openBus({ queues: [queue("work"), queue("flooded"), queue("calm")] });
  const flooding = new AbortController();
  const forever = Promise.withResolvers<void>();
  onTestFinished(() => forever.resolve());
  // One connection floods a queue with large messages and settles nothing of what it gets from another.
  const rude = newClient(bus.server.connectionString);
  const floods = Array.from({ length: 4 }, async () => {
    const sender = rude.createSender("flooded");
    const body = Buffer.alloc(2000);
    while (!flooding.signal.aborted) await sender.sendMessages(Array.from({ length: 50 }, () => ({ body })));
  });
  rude
    .createReceiver("work")
    .subscribe(
      { processMessage: () => forever.promise, processError: async () => undefined },
      { maxConcurrentCalls: 5 },
    );
  let slow = 0;
  for (let n = 0; n < 2; n++) {
    newClient(bus.server.connectionString)
      .createReceiver("work")
      .subscribe({
        processMessage: async () => {
          await pause(100);
          slow++;
        },
        processError: async () => undefined,
      });
  }
  let quick = 0;
  bus.client.createReceiver("work").subscribe(
    {
      processMessage: async () => void quick++,
      processError: async () => undefined,
    },
    { maxConcurrentCalls: 8 },
  );
  await bus.client.createSender("work").sendMessages(Array.from({ length: 300 }, (_, body) => ({ body })));
  // All but what the stuck one holds comes through, most of it by the quick one.
  await expect.poll(() => quick + slow, { timeout: 15_000 }).toBeGreaterThanOrEqual(293);
  expect(quick).toBeGreaterThan(200);

  const times: number[] = [];
  const sender = bus.client.createSender("calm");
  const receiver = bus.client.createReceiver("calm");
  for (let n = 0; n < 20; n++) {
    const start = performance.now();
    await sender.sendMessages({ body: n });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    await receiver.completeMessage(message!);
    times.push(performance.now() - start);
  }
  flooding.abort();
  await Promise.all(floods);
  // Generous: the whole test shares its processors with others; a starved queue takes seconds.
  expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(1000);
});

test("a queue that always has news leaves room for another on the same connection", async () => {
  const { client } = await openBus({ queues: [queue("busy"), queue("calm")] });
  await client.createSender("busy").sendMessages(Array.from({ length: 2000 }, (_, body) => ({ body })));
  let busy = 0;
  client.createReceiver("busy").subscribe(
    {
      processMessage: async () => void busy++,
      processError: async () => undefined,
    },
    { maxConcurrentCalls: 50 },
  );
  await client.createSender("calm").sendMessages({ body: "hello" });
  const [message] = await client.createReceiver("calm").receiveMessages(1, { maxWaitTimeInMs: 5000 });
  expect(message?.body).toBe("hello");
  await expect.poll(() => busy, { timeout: 10_000 }).toBe(2000);
});

test("a receiver that stops reading does not keep what others could have", async () => {
  const { client, server } = await openBus();
  const deaf = await rawReceiver(server.amqpPort, "work");
  let heard = 0;
  deaf.on("message", () => void heard++);
  deaf.add_credit(200);
  deaf.connection.socket.pause();
  const sender = client.createSender("work");
  const body = Buffer.alloc(200_000);
  for (let n = 0; n < 120; n++) await sender.sendMessages({ body });
  const receiver = client.createReceiver("work");
  const others = await receiver.receiveMessages(40, { maxWaitTimeInMs: 5000 });
  expect(others).toHaveLength(40);
  deaf.connection.socket.resume();
  await expect.poll(() => heard, { timeout: 5000 }).toBe(80);
});
