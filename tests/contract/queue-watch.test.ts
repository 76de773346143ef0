import type { ServiceBusClient } from "@azure/service-bus";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HandClock } from "#local/clock/hand-clock.ts";
import { createServiceBusQueueWatch } from "#shared/adapters/service-bus/service-bus-queue-watch.ts";
import { openServiceBus } from "./service-bus-world.ts";
import type { QueueWatch } from "#shared/ports/queue-watch.ts";

const MINUTE = 60_000;

let clock: HandClock;
let client: ServiceBusClient;
let queues: QueueWatch;
let stop: () => Promise<void>;

/** Azure's client on the embedded broker. */
beforeAll(async () => {
  const bus = await openServiceBus();
  ({ clock, client } = bus);
  queues = createServiceBusQueueWatch(() => Promise.resolve(client));
  stop = () => bus.stop();
});
afterAll(() => stop());

test("an empty queue has nothing that waits", async () => {
  expect(await queues.look("vendor-email", undefined)).toMatchObject({
    oldestSinceMs: undefined,
    waiting: 0,
    oldestDeadLetterMs: undefined,
  });
});

test("the oldest message is found without being taken or counted; a delayed copy is as old as its first message", async () => {
  const sender = client.createSender("stock");
  const now = clock.now();
  await sender.sendMessages({ body: 1, messageId: "m1" });
  await clock.advance(MINUTE);
  const firstEnqueuedAt = new Date(now - 10 * MINUTE).toISOString();
  await sender.sendMessages({
    body: 2,
    messageId: "m2:a2",
    applicationProperties: { "x-first-enqueued-at": firstEnqueuedAt },
    scheduledEnqueueTimeUtc: new Date(clock.now() + 5 * MINUTE),
  });
  for (let looks = 0; looks < 12; looks++) {
    const seen = await queues.look("stock", undefined);
    expect(seen).toMatchObject({ oldestSinceMs: now - 10 * MINUTE, waiting: 2, newDeadLetters: [] });
  }
  const receiver = client.createReceiver("stock");
  const [message] = await receiver.receiveMessages(1);
  expect([message?.messageId, message?.deliveryCount]).toEqual(["m1", 0]);
  await receiver.close();
});

test("dead letters are told once each: by our own properties, or in the broker's words", async () => {
  await client.createSender("vendor-webhook").sendMessages([
    {
      body: 1,
      messageId: "d1",
      applicationProperties: { failureReason: "Gone", failureDescription: "answered 410" },
    },
    { body: 2, messageId: "d2" },
  ]);
  const receiver = client.createReceiver("vendor-webhook");
  const [first, second] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 5000 });
  if (first === undefined || second === undefined) throw new Error("Two messages were sent");
  await receiver.deadLetterMessage(first);
  const seen = await queues.look("vendor-webhook", undefined);
  expect(seen.newDeadLetters).toEqual([{ reason: "Gone", description: "answered 410" }]);
  await receiver.deadLetterMessage(second, {
    deadLetterReason: "TooLong",
    deadLetterErrorDescription: "by hand",
  });
  await receiver.close();
  const sentAt = clock.now();
  await clock.advance(4 * 60 * MINUTE);
  const next = await queues.look("vendor-webhook", seen.mark);
  expect(next.newDeadLetters).toEqual([{ reason: "TooLong", description: "by hand" }]);
  // Nothing is new any more, and the first one is still as old as it is.
  expect(await queues.look("vendor-webhook", next.mark)).toMatchObject({
    newDeadLetters: [],
    oldestDeadLetterMs: sentAt,
  });
});
