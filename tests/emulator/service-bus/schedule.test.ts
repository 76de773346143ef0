import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { openBus, queue, subscription, topic } from "./open-bus.ts";

const HOUR = 3_600_000;

test("a scheduled message appears at its time, not before, with a new number", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  const sender = client.createSender("work");
  const at = new Date(clock.now() + HOUR);
  await sender.sendMessages({ body: "by annotation", scheduledEnqueueTimeUtc: at });
  const [scheduled] = await sender.scheduleMessages({ body: "by request" }, at);
  const receiver = client.createReceiver("work");

  expect((await receiver.peekMessages(5)).map(({ state }) => state)).toEqual(["scheduled", "scheduled"]);
  await clock.advance(HOUR - 1);
  expect(await receiver.receiveMessages(2, { maxWaitTimeInMs: 200 })).toEqual([]);
  await clock.advance(1);

  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 2000 });
  expect(messages.map(({ body, state }) => ({ body: String(body), state }))).toEqual([
    { body: "by annotation", state: "scheduled" },
    { body: "by request", state: "scheduled" },
  ]);
  expect(messages[1]?.sequenceNumber?.toNumber()).toBeGreaterThan(scheduled!.toNumber());
  expect(messages[0]?.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(at.getTime());
});

test("a cancelled message never appears, and cannot be cancelled twice", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  const sender = client.createSender("work");
  const numbers = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], new Date(clock.now() + HOUR));
  await sender.cancelScheduledMessages(numbers[0]!);
  await expect(sender.cancelScheduledMessages(numbers[0]!)).rejects.toMatchObject({
    code: "MessageNotFound",
  });

  await clock.advance(HOUR);
  const messages = await client.createReceiver("work").receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(messages.map(({ body }) => Number(body))).toEqual([2]);
});

test("a message scheduled on a topic is fanned out at its time, also after a restart", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({
    clock,
    queues: [queue("stock")],
    topics: [topic("orders", [subscription("stock", ["x"])])],
  });
  await bus.client
    .createSender("orders")
    .sendMessages({ body: 1, subject: "x", scheduledEnqueueTimeUtc: new Date(clock.now() + HOUR) });

  const { client } = await bus.restart();
  await clock.advance(2 * HOUR);
  const [message] = await client.createReceiver("stock").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.body).toBe(1);
});

test("what outlives its time is a dead letter, in the order in which times run out", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock, queues: [queue("work", { defaultMessageTimeToLive: "PT2H" })] });
  const sender = client.createSender("work");
  await sender.sendMessages([{ body: "long" }, { body: "short", timeToLive: HOUR }]);

  await clock.advance(HOUR);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  const [first] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(first).toMatchObject({ body: "short", deadLetterReason: "TTLExpiredException" });
  await deadLetters.completeMessage(first!);
  await clock.advance(HOUR);
  const [second] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(second).toMatchObject({ body: "long", deadLetterReason: "TTLExpiredException" });
  expect(await client.createReceiver("work").peekMessages(5)).toEqual([]);
});

test("what outlives its time disappears where dead-lettering is off", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({
    clock,
    queues: [queue("work", { deadLetteringOnMessageExpiration: false })],
  });
  await client.createSender("work").sendMessages({ body: 1, timeToLive: 1000 });
  await clock.advance(2000);

  expect(await client.createReceiver("work").peekMessages(5)).toEqual([]);
  expect(await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(5)).toEqual([]);
});

test("a message does not expire in the hands of a receiver, but when it comes back too late", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  await client.createSender("work").sendMessages([
    { body: "completed", timeToLive: 10_000 },
    { body: "abandoned", timeToLive: 10_000 },
  ]);
  const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
  const [completed, abandoned] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await clock.advance(15_000);

  await receiver.completeMessage(completed!);
  await receiver.abandonMessage(abandoned!);
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 200 })).toEqual([]);
  const deadLetters = await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(5);
  expect(deadLetters.map(({ body }) => String(body))).toEqual(["abandoned"]);
});

test("a deferred message outlives its time until somebody asks for it", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({
    clock,
    queues: [queue("buries"), queue("drops", { deadLetteringOnMessageExpiration: false })],
  });
  for (const [name, dead] of [
    ["buries", ["TTLExpiredException"]],
    ["drops", []],
  ] as const) {
    await bus.client.createSender(name).sendMessages([{ body: 1, timeToLive: 10_000 }, { body: 2 }]);
    const receiver = bus.client.createReceiver(name);
    const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
    for (const message of messages) await receiver.deferMessage(message);
    await clock.advance(HOUR);
    const numbers = messages.map(({ sequenceNumber }) => sequenceNumber!);
    expect((await receiver.peekMessages(5)).map(({ body, state }) => [body, state])).toEqual([
      [1, "deferred"],
      [2, "deferred"],
    ]);

    await expect(receiver.receiveDeferredMessages(numbers)).rejects.toMatchObject({
      code: "MessageNotFound",
    });
    const left = await receiver.peekMessages(5, { fromSequenceNumber: numbers[0]! });
    expect(left.map(({ body }) => Number(body))).toEqual([2]);
    const deadLetters = bus.client.createReceiver(name, { subQueueType: "deadLetter" });
    expect((await deadLetters.peekMessages(5)).map(({ deadLetterReason }) => deadLetterReason)).toEqual(dead);
    const [second] = await receiver.receiveDeferredMessages(numbers[1]!);
    await receiver.completeMessage(second!);
  }
});

test("messages of a topic are scheduled and cancelled like those of a queue, those of a dead-letter queue are not", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({
    clock,
    queues: [queue("stock")],
    topics: [topic("orders", [subscription("stock", ["x"])])],
  });
  const sender = client.createSender("orders");
  const at = new Date(clock.now() + HOUR);
  const [first] = await sender.scheduleMessages([{ body: 1, subject: "x" }], at);
  await sender.scheduleMessages([{ body: 2, subject: "x" }], at);
  await sender.cancelScheduledMessages(first!);
  const wrong = client.createSender("stock/$DeadLetterQueue");
  await expect(wrong.scheduleMessages({ body: 3 }, at)).rejects.toMatchObject({
    code: "GeneralError",
    message: expect.stringContaining("dead-letter queue"),
  });
  await clock.advance(HOUR);
  const messages = await client.createReceiver("stock").receiveMessages(3, { maxWaitTimeInMs: 500 });
  expect(messages.map(({ body }) => Number(body))).toEqual([2]);
});
