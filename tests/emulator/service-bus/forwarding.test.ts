import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus, queue } from "./open-bus.ts";

test("dead letters are forwarded to where the queue says, with their reason and source", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("graves");
  await admin.createQueue("plays", { forwardDeadLetteredMessagesTo: "graves", maxDeliveryCount: 1 });
  expect((await admin.getQueue("plays")).forwardDeadLetteredMessagesTo).toMatch(/\/graves$/);
  await bus.client.createSender("plays").sendMessages([{ body: "mine" }, { body: "worn out" }]);
  const receiver = bus.client.createReceiver("plays");
  const [mine, worn] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.deadLetterMessage(mine!, {
    deadLetterReason: "because",
    deadLetterErrorDescription: "it was",
  });
  await receiver.abandonMessage(worn!);

  const graves = bus.client.createReceiver("graves");
  const dead = await graves.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(dead).toMatchObject([
    { body: "mine", deadLetterReason: "because", deadLetterSource: "plays", deliveryCount: 0 },
    { body: "worn out", deadLetterReason: "MaxDeliveryCountExceeded", deadLetterSource: "plays" },
  ]);
  expect(dead[1]?.enqueuedSequenceNumber).toBe(2);
  const counts = await admin.getQueueRuntimeProperties("plays");
  expect(counts).toMatchObject({ totalMessageCount: 0, deadLetterMessageCount: 0, sizeInBytes: 0 });
});

test("messages that wait when a forward is set are moved on, those too that somebody still held", async () => {
  const bus = await openBus({ queues: [queue("old"), queue("new")] });
  const admin = administration(bus);
  const sender = bus.client.createSender("old");
  await sender.sendMessages(Array.from({ length: 250 }, (_, at) => ({ body: at, messageId: `m-${at}` })));
  const receiver = bus.client.createReceiver("old");
  const [held] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await admin.updateQueue({ ...(await admin.getQueue("old")), forwardTo: "new" });
  await sender.sendMessages({ body: 250 });
  const waiting = async (name: string) => (await admin.getQueueRuntimeProperties(name)).activeMessageCount;
  await expect.poll(() => waiting("new")).toBe(250);
  expect(await waiting("old")).toBe(1);
  await receiver.abandonMessage(held!);
  await expect.poll(() => waiting("new")).toBe(251);
  expect(await admin.getQueueRuntimeProperties("old")).toMatchObject({
    totalMessageCount: 0,
    sizeInBytes: 0,
  });
  const moved = await bus.client.createReceiver("new").receiveMessages(251, { maxWaitTimeInMs: 1000 });
  expect(new Set(moved.map(({ body }) => Number(body))).size).toBe(251);
  expect(moved.find(({ body }) => body === 7)).toMatchObject({ messageId: "m-7", deliveryCount: 0 });
  expect(Number(moved.find(({ body }) => body === 7)?.enqueuedSequenceNumber)).toBe(8);
});

test("a queue that forwards has no receivers, one with sessions cannot forward", async () => {
  const bus = await openBus({ queues: [queue("work"), queue("next")] });
  const admin = administration(bus);
  const told = Promise.withResolvers<string>();
  bus.client.createReceiver("work").subscribe({
    processMessage: async () => undefined,
    processError: async ({ error }) => told.resolve(error.message),
  });
  await bus.client.createSender("next").sendMessages({ body: 1 });
  await admin.updateQueue({ ...(await admin.getQueue("work")), forwardTo: "next" });
  expect(await told.promise).toMatch(/auto-forwarding enabled/);
  await expect(bus.client.createReceiver("work").receiveMessages(1)).rejects.toThrow(
    /auto-forwarding enabled/,
  );
  const dead = bus.client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await dead.receiveMessages(1, { maxWaitTimeInMs: 200 })).toEqual([]);
  await expect(admin.createQueue("talks", { requiresSession: true, forwardTo: "next" })).rejects.toThrow(
    /'talks' requires sessions/,
  );
});

test("a chain of forwards ends after four hops, in the transfer dead-letter queue of the last", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  for (let n = 6; n >= 1; n--)
    await admin.createQueue(`hop-${n}`, n === 6 ? {} : { forwardTo: `hop-${n + 1}` });
  await bus.client.createSender("hop-2").sendMessages({ body: "arrives" });
  await bus.client.createSender("hop-1").sendMessages({ body: "does not" });
  const last = await bus.client.createReceiver("hop-6").receiveMessages(2, { maxWaitTimeInMs: 500 });
  expect(last.map(({ body }) => String(body))).toEqual(["arrives"]);
  const [lost] = await bus.client
    .createReceiver("hop-5", { subQueueType: "transferDeadLetter" })
    .receiveMessages(1, { maxWaitTimeInMs: 500 });
  expect(lost).toMatchObject({ body: "does not", deadLetterReason: "MaxTransferHopCountExceeded" });
});

test("what cannot be forwarded waits among the transfer dead letters", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const to = await admin.createQueue("to");
  await admin.createQueue("from", { forwardTo: "to" });
  await admin.updateQueue({ ...to, status: "SendDisabled" });
  const sender = bus.client.createSender("from");
  await sender.sendMessages({ body: 1 });
  await admin.deleteQueue("to");
  await sender.sendMessages({ body: 2 });
  await admin.createQueue("to", { requiresSession: true });
  await sender.sendMessages({ body: 3 });
  const lost = await bus.client
    .createReceiver("from", { subQueueType: "transferDeadLetter" })
    .receiveMessages(3, { maxWaitTimeInMs: 500 });
  expect(lost.map(({ deadLetterReason }) => deadLetterReason)).toEqual([
    "TransferDestinationDisabled",
    "TransferDestinationNotFound",
    "Session ID is null.",
  ]);
  expect((await admin.getQueueRuntimeProperties("from")).transferDeadLetterMessageCount).toBe(3);
});

test("forwards lead through topics and their rules, into sessions and out of them", async () => {
  const bus = await openBus({ queues: [queue("last")] });
  const admin = administration(bus);
  await admin.createQueue("talks", { requiresSession: true });
  await admin.createTopic("middle");
  const only = { name: "only", filter: { subject: "wanted" } };
  await admin.createSubscription("middle", "plain", { forwardTo: "last", defaultRuleOptions: only });
  await admin.createSubscription("middle", "by-session", { forwardTo: "talks", defaultRuleOptions: only });
  await admin.createQueue("first", { forwardTo: "middle" });
  await admin.updateQueue({ ...(await admin.getQueue("talks")), forwardDeadLetteredMessagesTo: "middle" });
  const wanted = { body: 1, subject: "wanted", sessionId: "a", messageId: "m" };
  await bus.client
    .createSender("first")
    .sendMessages([wanted, { body: 2, subject: "other", sessionId: "a" }]);
  const last = bus.client.createReceiver("last");
  const session = await bus.client.acceptSession("talks", "a");
  const [plain] = await last.receiveMessages(5, { maxWaitTimeInMs: 500 });
  const [spoken] = await session.receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(plain).toMatchObject({ body: 1, messageId: "m", sessionId: "a", deliveryCount: 0 });
  expect(spoken).toMatchObject({ body: 1, messageId: "m", sessionId: "a", deliveryCount: 0 });
  await last.completeMessage(plain!);

  // As a dead letter it comes once more, to both, and says from where.
  await session.deadLetterMessage(spoken!, {
    deadLetterReason: "again",
    deadLetterErrorDescription: "d",
  });
  const [dead] = await last.receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(dead).toMatchObject({ body: 1, deadLetterReason: "again", deadLetterSource: "talks" });
  expect(
    (await session.receiveMessages(5, { maxWaitTimeInMs: 500 })).map(({ body }) => Number(body)),
  ).toEqual([1]);
});

test("a circle of forwards ends among the transfer dead letters", async () => {
  const bus = await openBus({ queues: [queue("a"), queue("b")] });
  const admin = administration(bus);
  await admin.updateQueue({ ...(await admin.getQueue("a")), forwardTo: "b" });
  await admin.updateQueue({ ...(await admin.getQueue("b")), forwardTo: "a" });
  await bus.client.createSender("a").sendMessages({ body: 1 });
  const lost = bus.client.createReceiver("a", { subQueueType: "transferDeadLetter" });
  const [message] = await lost.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message).toMatchObject({ body: 1, deadLetterReason: "MaxTransferHopCountExceeded" });
  await lost.completeMessage(message!);
  expect(await lost.peekMessages(5, { fromSequenceNumber: message!.sequenceNumber! })).toEqual([]);
});
