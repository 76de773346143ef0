import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openBus, queue } from "./open-bus.ts";

test("after a restart every message is where it was, and numbers go on", async () => {
  const bus = await openBus({ queues: [queue("work", { maxDeliveryCount: 5 })] });
  const sender = bus.client.createSender("work");
  const bodies = ["done", "failed once", "dead", "deferred", "locked", "waiting"];
  await sender.sendMessages(bodies.map((body) => ({ body })));
  await sender.scheduleMessages({ body: "scheduled" }, new Date(Date.now() + 3_600_000));
  const receiver = bus.client.createReceiver("work");
  const [done, failed, dead, deferred] = await receiver.receiveMessages(5, { maxWaitTimeInMs: 2000 });
  await receiver.completeMessage(done!);
  await receiver.deadLetterMessage(dead!, {
    deadLetterReason: "because",
    deadLetterErrorDescription: "it was",
  });
  await receiver.deferMessage(deferred!);
  await receiver.abandonMessage(failed!);

  const { client } = await bus.restart();
  await client.createSender("work").sendMessages({ body: "new" });
  const again = client.createReceiver("work");
  const messages = await again.receiveMessages(10, { maxWaitTimeInMs: 500 });

  expect(messages.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    ["failed once", 1],
    ["locked", 0],
    ["waiting", 0],
    ["new", 0],
  ]);
  expect(messages.at(-1)?.sequenceNumber?.toNumber()).toBe(8);
  expect((await again.peekMessages(10)).map(({ body, state }) => [body, state])).toEqual([
    ["failed once", "active"],
    ["deferred", "deferred"],
    ["locked", "active"],
    ["waiting", "active"],
    ["scheduled", "scheduled"],
    ["new", "active"],
  ]);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await deadLetters.peekMessages(5)).toMatchObject([{ body: "dead", deadLetterReason: "because" }]);
});

test("what is completed or expired leaves nothing on the disk", async () => {
  const bus = await openBus({ queues: [queue("work", { deadLetteringOnMessageExpiration: false })] });
  await bus.client
    .createSender("work")
    .sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4, timeToLive: 1 }]);
  const receiver = bus.client.createReceiver("work");
  const [first, second] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.completeMessage(first!);
  await receiver.deadLetterMessage(second!);
  const deadLetters = bus.client.createReceiver("work", { subQueueType: "deadLetter" });
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await deadLetters.completeMessage(dead!);
  const taker = bus.client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  await taker.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await bus.server.stop();

  const db = new DatabaseSync(join(bus.dataFolder, "service-bus.sqlite"));
  expect(db.prepare("SELECT * FROM message").all()).toEqual([]);
  expect(db.prepare("SELECT id FROM content").all()).toEqual([]);
  db.close();
});

test("changing the topology changes the entities and keeps their messages", async () => {
  const options = { queues: [queue("work")] };
  const bus = await openBus(options);
  await bus.client.createSender("work").sendMessages({ body: 1 });
  options.queues[0] = queue("work", { maxDeliveryCount: 1 });

  const { client } = await bus.restart();
  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.abandonMessage(message!);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await deadLetters.peekMessages(1)).toMatchObject([{ deadLetterReason: "MaxDeliveryCountExceeded" }]);
});

test("a live subscription goes on after the broker was away", async () => {
  const bus = await openBus();
  const seen: string[] = [];
  const receiver = bus.client.createReceiver("work");
  receiver.subscribe({
    processMessage: async ({ body }) => void seen.push(String(body)),
    processError: async () => undefined,
  });
  await bus.client.createSender("work").sendMessages({ body: "before" });
  await expect.poll(() => seen).toEqual(["before"]);

  const port = bus.server.amqpPort;
  const again = await bus.restart({ keepClient: true, amqpPort: port });
  await again.client.createSender("work").sendMessages({ body: "after" });
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(["before", "after"]);
});
