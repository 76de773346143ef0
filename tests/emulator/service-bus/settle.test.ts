import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { openBus, queue } from "./open-bus.ts";

const MINUTE = 60_000;

test("an abandoned message comes back at its old place, one attempt older, with what was changed", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages([{ body: "first" }, { body: "second" }]);
  const receiver = client.createReceiver("work");

  const [first] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  await receiver.abandonMessage(first!, { note: "try again", tries: 3 });
  const again = await receiver.receiveMessages(2, { maxWaitTimeInMs: 2000 });

  expect(again.map(({ body, deliveryCount }) => ({ body, deliveryCount }))).toEqual([
    { body: "first", deliveryCount: 1 },
    { body: "second", deliveryCount: 0 },
  ]);
  expect(again[0]?.applicationProperties).toEqual({ note: "try again", tries: 3 });
});

test("a message that fails as often as allowed is a dead letter with the native reason", async () => {
  const { client, server } = await openBus({ queues: [queue("work", { maxDeliveryCount: 3 })] });
  await client.createSender("work").sendMessages({ body: "poison", messageId: "p" });
  const receiver = client.createReceiver("work");
  for (let attempt = 0; attempt < 3; attempt++) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
    expect(message?.deliveryCount).toBe(attempt);
    await receiver.abandonMessage(message!);
  }

  expect(await receiver.peekMessages(5)).toEqual([]);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  expect(dead).toMatchObject({
    body: "poison",
    messageId: "p",
    deliveryCount: 3,
    deadLetterReason: "MaxDeliveryCountExceeded",
    deadLetterErrorDescription: "Message could not be consumed after 3 delivery attempts.",
  });
  // Only a dead letter that was forwarded says where it comes from.
  expect(dead?.deadLetterSource).toBeUndefined();
  await deadLetters.abandonMessage(dead!);
  const [still] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  expect(still?.deliveryCount).toBe(3);
  await expect(deadLetters.deadLetterMessage(still!)).rejects.toMatchObject({ code: "GeneralError" });
  await deadLetters.completeMessage(still!).catch(() => undefined);
  void server;
});

test("a dead-lettered message keeps its content and tells why", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages({ body: { n: 1 }, applicationProperties: { brand: "b" } });
  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  await receiver.deadLetterMessage(message!, {
    deadLetterReason: "card declined",
    deadLetterErrorDescription: "by the bank",
    attempts: 4,
  });

  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  expect(dead).toMatchObject({
    body: { n: 1 },
    deadLetterReason: "card declined",
    deadLetterErrorDescription: "by the bank",
    applicationProperties: { brand: "b", attempts: 4 },
  });
  await deadLetters.completeMessage(dead!);
  expect(await deadLetters.peekMessages(5)).toEqual([]);
});

test("a lock that ran out is lost to its holder and the message goes to the next, one attempt older", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  await client.createSender("work").sendMessages({ body: 1 });
  const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
  const [held] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });

  await clock.advance(31_000);

  await expect(receiver.completeMessage(held!)).rejects.toMatchObject({ code: "MessageLockLost" });
  const [again] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  expect(again?.deliveryCount).toBe(1);
});

test("renewing a lock lets it last from now", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  await client.createSender("work").sendMessages({ body: 1 });
  const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
  const [held] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });

  await clock.advance(20_000);
  const until = await receiver.renewMessageLock(held!);
  expect(until.getTime()).toBe(clock.now() + 30_000);
  await clock.advance(20_000);

  await receiver.completeMessage(held!);
  await clock.advance(5 * MINUTE);
  expect(await receiver.peekMessages(5)).toEqual([]);
});

test("a delivery can be settled after its receiver was closed", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages({ body: 1 });
  const receiver = client.createReceiver("work");
  const [held] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  await receiver.close();

  const other = client.createReceiver("work");
  expect(await other.receiveMessages(1, { maxWaitTimeInMs: 300 })).toEqual([]);
  await other.completeMessage(held!);
  expect(await other.peekMessages(5)).toEqual([]);
});

test("a deferred message is received by its number only, and settled", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages({ body: "later" });
  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  await receiver.deferMessage(message!, { why: "waiting" });

  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 300 })).toEqual([]);
  expect((await receiver.peekMessages(1))[0]?.state).toBe("deferred");
  const [deferred] = await receiver.receiveDeferredMessages(message!.sequenceNumber!);
  expect(deferred).toMatchObject({
    body: "later",
    deliveryCount: 1,
    applicationProperties: { why: "waiting" },
  });
  await expect(receiver.receiveDeferredMessages(message!.sequenceNumber!)).rejects.toMatchObject({
    code: "MessageNotFound",
  });
  await receiver.completeMessage(deferred!);
  expect(await receiver.peekMessages(1)).toEqual([]);
});

test("receiveAndDelete leaves nothing behind", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages(Array.from({ length: 30 }, (_, n) => ({ body: n })));
  const receiver = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  const messages = await receiver.receiveMessages(30, { maxWaitTimeInMs: 2000 });

  expect(messages.map(({ body }) => Number(body))).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(await receiver.peekMessages(1)).toEqual([]);
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 200 })).toEqual([]);
});

test("many short waits lose no message and cost no attempt", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const receiver = client.createReceiver("work");
  const seen: { body: number; deliveryCount: number | undefined }[] = [];
  const sending = (async () => {
    for (let n = 0; n < 150; n++) await sender.sendMessages({ body: n });
  })();
  while (seen.length < 150) {
    for (const message of await receiver.receiveMessages(7, { maxWaitTimeInMs: 4 })) {
      seen.push({ body: Number(message.body), deliveryCount: message.deliveryCount });
      await receiver.completeMessage(message);
    }
  }
  await sending;

  expect(seen.toSorted((a, b) => a.body - b.body)).toEqual(
    Array.from({ length: 150 }, (_, body) => ({ body, deliveryCount: 0 })),
  );
});

test("a subscriber gets every message once, also those that came before and after it", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  await sender.sendMessages(Array.from({ length: 200 }, (_, n) => ({ body: n })));
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  const receiver = client.createReceiver("work");
  receiver.subscribe(
    {
      processMessage: async ({ body }) => {
        seen.push(Number(body));
        if (seen.length === 400) all.resolve();
      },
      processError: async ({ error }) => all.reject(error),
    },
    { maxConcurrentCalls: 16 },
  );
  await sender.sendMessages(Array.from({ length: 200 }, (_, n) => ({ body: 200 + n })));
  await all.promise;
  await receiver.close();

  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, n) => n));
});

test("a message whose lock is lost as often as allowed is a dead letter too", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock, queues: [queue("work", { maxDeliveryCount: 2 })] });
  await client.createSender("work").sendMessages({ body: "slow" });
  const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
  for (let attempt = 0; attempt < 2; attempt++) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    expect(message?.deliveryCount).toBe(attempt);
    await clock.advance(31_000);
  }
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 200 })).toEqual([]);
  const [dead] = await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(1);
  expect(dead).toMatchObject({ deliveryCount: 2, deadLetterReason: "MaxDeliveryCountExceeded" });
});

test("a dead letter is sent again as it was received, and is a new message", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  await sender.sendMessages({ body: { n: 1 }, subject: "s", applicationProperties: { brand: "b" } });
  const receiver = client.createReceiver("work");
  const [first] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.abandonMessage(first!);
  const [second] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.deadLetterMessage(second!, { deadLetterReason: "r", deadLetterErrorDescription: "d" });
  const dead = client.createReceiver("work", { subQueueType: "deadLetter" });
  const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await sender.sendMessages(letter!);
  // oxlint-disable-next-line eslint/no-underscore-dangle -- the name is the client's
  await sender.sendMessages({ ...letter!._rawAmqpMessage, body: letter!.body as unknown });
  await dead.completeMessage(letter!);

  const again = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(again).toHaveLength(2);
  for (const [at, message] of again.entries()) {
    expect(message).toMatchObject({
      body: { n: 1 },
      subject: "s",
      messageId: first!.messageId,
      applicationProperties: { brand: "b", DeadLetterReason: "r", DeadLetterErrorDescription: "d" },
      deliveryCount: 0,
      state: "active",
    });
    expect(message.sequenceNumber?.toNumber()).toBe(2 + at);
    expect(message.enqueuedTimeUtc!.getTime()).toBeGreaterThanOrEqual(letter!.enqueuedTimeUtc!.getTime());
  }
});
