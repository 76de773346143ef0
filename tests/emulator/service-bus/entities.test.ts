import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus, queue } from "./open-bus.ts";

test("a subscription with sessions keeps a message without one among its dead letters", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("news");
  await admin.createSubscription("news", "talks", { requiresSession: true });
  await bus.client.createSender("news").sendMessages([{ body: 1 }, { body: 2, sessionId: "a" }]);
  const receiver = await bus.client.acceptNextSession("news", "talks");
  expect(
    (await receiver.receiveMessages(2, { maxWaitTimeInMs: 500 })).map(({ body }) => Number(body)),
  ).toEqual([2]);
  const [dead] = await bus.client
    .createReceiver("news", "talks", { subQueueType: "deadLetter" })
    .receiveMessages(1, { maxWaitTimeInMs: 500 });
  expect(dead).toMatchObject({ body: 1, deadLetterReason: "Session ID is null." });
});

test("a partition key and other annotations come back as they were sent", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages({ body: 1, partitionKey: "p-1" });
  const [message] = await client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 500 });
  expect(message).toMatchObject({ body: 1, partitionKey: "p-1" });
});

test("entities that were deleted let go of their links", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const receiver = bus.client.createReceiver("work");
  const told = Promise.withResolvers<unknown>();
  receiver.subscribe({
    processMessage: async () => undefined,
    processError: async ({ error }) => told.resolve("code" in error ? error.code : error.message),
  });
  await bus.client.createSender("work").sendMessages({ body: 1 });
  await admin.deleteQueue("work");
  expect(await told.promise).toBe("MessagingEntityNotFound");
});

test("what cannot be configured is refused by name", async () => {
  const admin = administration(await openBus({ queues: [queue("work", { lockDuration: "PT30S" })] }));
  await expect(admin.createQueue("q", { maxSizeInMegabytes: 0 })).rejects.toThrow(/MaxSizeInMegabytes/);
  await expect(admin.createQueue("q", { autoDeleteOnIdle: "PT1M" })).rejects.toThrow(/AutoDeleteOnIdle/);
  await expect(admin.createQueue("q", { status: "Renaming" })).rejects.toThrow(/Status/);
  await expect(admin.createQueue("q", { forwardTo: "q" })).rejects.toThrow(/could not be found/);
  const work = await admin.getQueue("work");
  await expect(admin.updateQueue({ ...work, requiresSession: true })).rejects.toThrow(/cannot be changed/);
  await expect(admin.updateQueue({ ...work, forwardTo: "work" })).rejects.toThrow(/cannot forward to itself/);
});
