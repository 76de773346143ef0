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

test("only scheduled messages can be cancelled", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  await sender.sendMessages([{ body: "active" }, { body: "deferred" }]);
  const receiver = client.createReceiver("work");
  const [active, deferred] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.abandonMessage(active!);
  await receiver.deferMessage(deferred!);
  const missing = { code: "MessageNotFound" };
  await expect(sender.cancelScheduledMessages(active!.sequenceNumber!)).rejects.toMatchObject(missing);
  await expect(sender.cancelScheduledMessages(deferred!.sequenceNumber!)).rejects.toMatchObject(missing);
  expect(await receiver.peekMessages(5)).toHaveLength(2);
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
