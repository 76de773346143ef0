import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { administration } from "./administration-client.ts";
import { openBus, queue } from "./open-bus.ts";

const HOUR = 3_600_000;

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

test("a scheduled message begins to live when it appears", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  const at = new Date(clock.now() + HOUR);
  await client.createSender("work").scheduleMessages({ body: 1, timeToLive: 60_000 }, at);
  await clock.advance(HOUR);
  const receiver = client.createReceiver("work");
  expect(await receiver.peekMessages(1)).toHaveLength(1);
  await clock.advance(60_000);
  expect(await client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 200 })).toEqual([]);
  const dead = client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await dead.peekMessages(1)).toMatchObject([{ deadLetterReason: "TTLExpiredException" }]);
});

test("a message lives no longer than its entity says, nor than any that it comes through", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock, queues: [queue("work", { defaultMessageTimeToLive: "PT2H" })] });
  const admin = administration(bus);
  await admin.createTopic("news", { defaultMessageTimeToLive: "PT3H" });
  await admin.createSubscription("news", "brief", { defaultMessageTimeToLive: "PT1H" });
  await admin.createSubscription("news", "long");
  await admin.createSubscription("news", "forwards", { forwardTo: "work" });
  const message = { body: 1, timeToLive: 10 * HOUR };
  await bus.client.createSender("work").sendMessages(message);
  await bus.client.createSender("news").sendMessages(message);
  const waiting = async () => {
    const work = await admin.getQueueRuntimeProperties("work");
    const [brief, long] = await Promise.all(
      ["brief", "long"].map((name) => admin.getSubscriptionRuntimeProperties("news", name)),
    );
    return [work.activeMessageCount, brief?.activeMessageCount, long?.activeMessageCount];
  };
  expect(await waiting()).toEqual([2, 1, 1]);
  await clock.advance(HOUR);
  expect(await waiting()).toEqual([2, 0, 1]);
  await clock.advance(HOUR);
  expect(await waiting()).toEqual([0, 0, 1]);
  await clock.advance(HOUR);
  expect(await waiting()).toEqual([0, 0, 0]);
});

test("a message can live longer than the 49 days that its header can say", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock, queues: [queue("work", { defaultMessageTimeToLive: "P365D" })] });
  const days = 24 * HOUR;
  // Written this way the client says the rest by the times of creation and expiry.
  const sixty = { body: "60 days", bodyType: "data", header: { timeToLive: 60 * days } } as const;
  await client
    .createSender("work")
    .sendMessages([sixty, { body: "as long as it can", timeToLive: 60 * days }]);
  const receiver = client.createReceiver("work");
  await clock.advance(50 * days);
  expect((await receiver.peekMessages(5)).map(({ body }) => String(body))).toEqual(["60 days"]);
  await clock.advance(10 * days);
  const dead = await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(5);
  expect(dead.map(({ body }) => String(body))).toEqual(["as long as it can", "60 days"]);
});
