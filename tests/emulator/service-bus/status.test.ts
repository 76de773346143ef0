import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { administration } from "./administration-client.ts";
import { openBus } from "./open-bus.ts";

test("a disabled queue refuses sends and receives by name until it is active again", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const sender = bus.client.createSender("work");
  await sender.sendMessages({ body: 1 });
  const work = await admin.getQueue("work");

  await admin.updateQueue({ ...work, status: "Disabled" });
  expect((await admin.getQueue("work")).status).toBe("Disabled");
  await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  await expect(sender.scheduleMessages({ body: 2 }, new Date())).rejects.toMatchObject({
    code: "MessagingEntityDisabled",
  });
  await expect(bus.client.createReceiver("work").receiveMessages(1)).rejects.toMatchObject({
    code: "MessagingEntityDisabled",
  });

  await admin.updateQueue({ ...work, status: "Active" });
  await sender.sendMessages({ body: 2 });
  const messages = await bus.client.createReceiver("work").receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(messages).toHaveLength(2);
});

test("sending and receiving are disabled apart, and open receivers are told", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const sender = bus.client.createSender("work");
  await sender.sendMessages({ body: 1 });
  const work = await admin.getQueue("work");

  await admin.updateQueue({ ...work, status: "SendDisabled" });
  await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  const told = Promise.withResolvers<unknown>();
  const receiver = bus.client.createReceiver("work");
  const seen: unknown[] = [];
  receiver.subscribe({
    processMessage: async ({ body }) => void seen.push(body),
    processError: async ({ error }) => told.resolve("code" in error ? error.code : error.message),
  });
  await expect.poll(() => seen).toEqual([1]);

  await admin.updateQueue({ ...work, status: "ReceiveDisabled" });
  expect(await told.promise).toBe("MessagingEntityDisabled");
  await sender.sendMessages({ body: 3 });
  expect((await admin.getQueueRuntimeProperties("work")).activeMessageCount).toBe(1);
});

test("a disabled subscription goes on collecting, and hands nothing out until it is active again", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("news");
  for (const status of ["Disabled", "ReceiveDisabled"] as const) {
    const mine = await admin.createSubscription("news", status);
    await admin.updateSubscription({ ...mine, status });
    await bus.client.createSender("news").sendMessages({ body: status });
    const receiver = bus.client.createReceiver("news", status);
    await expect(receiver.receiveMessages(1)).rejects.toMatchObject({ code: "MessagingEntityDisabled" });

    await admin.updateSubscription({ ...mine, status: "Active" });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    expect(message?.body).toBe(status);
  }
});

test("subscriptions of a disabled topic still hand out what they have", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const news = await admin.createTopic("news");
  await admin.createSubscription("news", "mine");
  const sender = bus.client.createSender("news");
  await sender.sendMessages({ body: 1 });
  for (const status of ["Disabled", "SendDisabled"] as const) {
    await admin.updateTopic({ ...news, status });
    await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  }
  const [message] = await bus.client
    .createReceiver("news", "mine")
    .receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.body).toBe(1);
});

test("a status that an entity of its kind cannot have is refused by name", async () => {
  const admin = administration(await openBus());
  await expect(admin.createTopic("news", { status: "ReceiveDisabled" })).rejects.toThrow(
    /Status of a topic must be one of Active, Disabled, SendDisabled, not 'ReceiveDisabled'/,
  );
  await admin.createTopic("news");
  const mine = await admin.createSubscription("news", "mine");
  await expect(admin.updateSubscription({ ...mine, status: "SendDisabled" })).rejects.toThrow(
    /Status of a subscription must be one of Active, Disabled, ReceiveDisabled/,
  );
});

test("what was received before a queue was disabled cannot be removed from it until it is active again", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock });
  const admin = administration(bus);
  await bus.client.createSender("work").sendMessages({ body: 1 });
  const receiver = bus.client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  const work = await admin.getQueue("work");
  await admin.updateQueue({ ...work, status: "ReceiveDisabled" });
  await expect(receiver.completeMessage(message!)).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  expect(await receiver.peekMessages(1)).toHaveLength(1);
  await admin.updateQueue({ ...work, status: "Active" });
  await clock.advance(31_000);
  const [again] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.completeMessage(again!);
  expect(await receiver.peekMessages(1, { fromSequenceNumber: again!.sequenceNumber! })).toEqual([]);
});

test("a disabled queue keeps its deferred messages, those too that somebody holds", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await bus.client.createSender("work").sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = bus.client.createReceiver("work");
  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  for (const message of messages) await receiver.deferMessage(message);
  const [first, second] = messages.map(({ sequenceNumber }) => sequenceNumber!);
  const [held] = await receiver.receiveDeferredMessages(first!);
  const work = await admin.getQueue("work");
  await admin.updateQueue({ ...work, status: "Disabled" });

  const disabled = { code: "MessagingEntityDisabled" };
  await expect(receiver.completeMessage(held!)).rejects.toMatchObject(disabled);
  await expect(receiver.receiveDeferredMessages(second!)).rejects.toMatchObject(disabled);
  expect((await admin.getQueueRuntimeProperties("work")).totalMessageCount).toBe(2);
  await admin.updateQueue({ ...work, status: "Active" });
  await receiver.completeMessage(held!);
  const [last] = await receiver.receiveDeferredMessages(second!);
  await receiver.completeMessage(last!);
});
