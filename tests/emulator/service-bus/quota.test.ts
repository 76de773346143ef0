import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus } from "./open-bus.ts";

const body = Buffer.alloc(200_000);
const exceeded = { code: "QuotaExceeded" };

test("a full queue refuses with its own error until there is room, and tells its size", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("small", { maxSizeInMegabytes: 1 });
  const sender = bus.client.createSender("small");
  for (let n = 0; n < 5; n++) await sender.sendMessages({ body });
  await expect(sender.sendMessages({ body })).rejects.toMatchObject(exceeded);
  const { sizeInBytes } = await admin.getQueueRuntimeProperties("small");
  expect(sizeInBytes).toBeGreaterThan(1_000_000);
  expect(sizeInBytes).toBeLessThan(1_048_576);

  const { client, server } = await bus.restart();
  const again = administration({ ...bus, server });
  expect((await again.getQueueRuntimeProperties("small")).sizeInBytes).toBe(sizeInBytes);
  const receiver = client.createReceiver("small", { receiveMode: "receiveAndDelete" });
  await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await client.createSender("small").sendMessages({ body });
});

test("a topic is as full as its subscriptions, dead letters included", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("news", { maxSizeInMegabytes: 1 });
  for (const name of ["one", "two"]) await admin.createSubscription("news", name);
  const sender = bus.client.createSender("news");
  await sender.sendMessages({ body });
  await sender.sendMessages({ body });
  const sizes = async () => (await admin.getTopicRuntimeProperties("news")).sizeInBytes;
  expect(await sizes()).toBeGreaterThan(800_000);
  const receiver = bus.client.createReceiver("news", "one");
  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  for (const message of messages) await receiver.deadLetterMessage(message);
  expect(await sizes()).toBeGreaterThan(800_000);
  // Full is judged before the copies are made, as each send is all or nothing.
  await sender.sendMessages({ body });
  await expect(sender.sendMessages({ body })).rejects.toMatchObject(exceeded);
  await expect(sender.scheduleMessages({ body }, new Date(Date.now() + 60_000))).rejects.toMatchObject(
    exceeded,
  );

  const dead = bus.client.createReceiver("news", "one", {
    subQueueType: "deadLetter",
    receiveMode: "receiveAndDelete",
  });
  await dead.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await sender.sendMessages({ body });
});

test("what is forwarded to a full entity waits among the transfer dead letters", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("small", { maxSizeInMegabytes: 1 });
  await admin.createQueue("source", { forwardTo: "small" });
  const sender = bus.client.createSender("source");
  for (let n = 0; n < 6; n++) await sender.sendMessages({ body });
  const lost = await bus.client
    .createReceiver("source", { subQueueType: "transferDeadLetter" })
    .receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(lost.map(({ deadLetterReason }) => deadLetterReason)).toEqual(["TransferDestinationQuotaExceeded"]);
  expect((await admin.getQueueRuntimeProperties("small")).activeMessageCount).toBe(5);
});
