import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";

test("a message arrives as it was sent", async () => {
  const { client } = await openBus();
  const enqueuedAfter = Date.now();
  await client.createSender("work").sendMessages({
    body: { order: 7 },
    messageId: "order-7",
    subject: "order.placed.v1",
    contentType: "application/json",
    correlationId: "c-1",
    replyTo: "answers",
    to: "kitchen",
    applicationProperties: { attempt: 1, urgent: true, brand: "pancakes", weight: 1.5 },
  });

  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });

  expect(message).toMatchObject({
    body: { order: 7 },
    messageId: "order-7",
    subject: "order.placed.v1",
    contentType: "application/json",
    correlationId: "c-1",
    replyTo: "answers",
    to: "kitchen",
    applicationProperties: { attempt: 1, urgent: true, brand: "pancakes", weight: 1.5 },
    deliveryCount: 0,
    state: "active",
  });
  expect(message?.sequenceNumber?.toNumber()).toBe(1);
  expect(message?.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(enqueuedAfter);
  expect(message?.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now() + 20_000);
});

test("completed messages are gone, in the order they were sent", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  for (let n = 1; n <= 20; n++) await sender.sendMessages({ body: n });

  const receiver = client.createReceiver("work");
  const messages = await receiver.receiveMessages(20, { maxWaitTimeInMs: 2000 });
  expect(messages.map((message) => Number(message.body))).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  for (const message of messages) await receiver.completeMessage(message);

  expect(await receiver.peekMessages(10)).toEqual([]);
});
