import type { ServiceBusReceiver } from "@azure/service-bus";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { openBus } from "./open-bus.ts";
import { rawRequest } from "./raw-client.ts";

const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };

async function one(receiver: ServiceBusReceiver) {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  if (message === undefined) throw new Error("no message came");
  return message;
}

test("in a dead-letter queue no attempt is counted: not by abandon, deferral or a lost lock", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  await client.createSender("work").sendMessages({ body: 1 });
  const receiver = client.createReceiver("work", noRenewal);
  await receiver.abandonMessage(await one(receiver));
  await receiver.deadLetterMessage(await one(receiver));

  const dead = client.createReceiver("work", { ...noRenewal, subQueueType: "deadLetter" });
  await dead.abandonMessage(await one(dead));
  await one(dead);
  await clock.advance(31_000);
  const back = await one(dead);
  expect(back.deliveryCount).toBe(1);
  await dead.deferMessage(back);
  const [deferred] = await dead.receiveDeferredMessages(back.sequenceNumber!);
  expect(deferred).toMatchObject({ body: 1, deliveryCount: 1, state: "deferred" });
  await dead.completeMessage(deferred!);
  expect(await dead.peekMessages(1, { fromSequenceNumber: back.sequenceNumber! })).toEqual([]);
});

test("a deferred message stays deferred when it is abandoned, deferred again, or its lock is lost", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({ clock });
  await client.createSender("work").sendMessages({ body: 1 });
  const receiver = client.createReceiver("work", noRenewal);
  const message = await one(receiver);
  await receiver.deferMessage(message);
  const again = async () => {
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber!);
    return deferred!;
  };
  await receiver.abandonMessage(await again());
  await receiver.deferMessage(await again());
  expect((await again()).deliveryCount).toBe(3);
  await clock.advance(31_000);
  const last = await again();
  expect(last).toMatchObject({ deliveryCount: 4, state: "deferred" });
  await receiver.deadLetterMessage(last, { deadLetterReason: "r", deadLetterErrorDescription: "d" });
  const dead = await one(client.createReceiver("work", { subQueueType: "deadLetter" }));
  expect(dead).toMatchObject({ body: 1, deadLetterReason: "r", state: "active" });
});

test("deferred messages can be taken for good, all or none", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = client.createReceiver("work");
  const messages = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  for (const message of messages) await receiver.deferMessage(message);
  const numbers = messages.map(({ sequenceNumber }) => sequenceNumber!);
  const taker = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  await expect(taker.receiveDeferredMessages([...numbers, numbers[1]!.add(7)])).rejects.toMatchObject({
    code: "MessageNotFound",
  });
  expect((await taker.receiveDeferredMessages(numbers)).map(({ body }) => Number(body))).toEqual([1, 2]);
  expect(await receiver.peekMessages(2)).toEqual([]);
});

test("header, annotations, footer, body type and property types come back as they were sent", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const sent = {
    header: { durable: true, priority: 7, firstAcquirer: true },
    footer: { check: "sum" },
    messageAnnotations: { "x-mine": 5 },
    properties: { messageId: "m", groupSequence: 3, userId: "u", creationTime: new Date(1_780_000_000_000) },
    applicationProperties: { when: new Date(1_780_000_000_000), small: 1.5, yes: false },
  };
  const bodies = [
    { bodyType: "value", body: { deep: [1, "two", null] } },
    { bodyType: "sequence", body: [[1, 2], ["three"]] },
    { bodyType: "data", body: Buffer.from([0, 255, 1]) },
  ] as const;
  for (const body of bodies) await sender.sendMessages({ ...sent, ...body });
  const receiver = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  for (const { bodyType, body } of bodies) {
    const { _rawAmqpMessage: raw, ...message } = await one(receiver);
    expect(raw.bodyType).toBe(bodyType);
    expect(raw.header).toMatchObject({ ...sent.header, deliveryCount: 0 });
    expect(raw.footer).toEqual(sent.footer);
    expect(raw.messageAnnotations).toMatchObject(sent.messageAnnotations);
    expect(raw.properties).toMatchObject({ messageId: "m", groupSequence: 3 });
    // The client itself shows times as numbers.
    const { when } = sent.applicationProperties;
    expect(message.applicationProperties).toEqual({ ...sent.applicationProperties, when: when.getTime() });
    expect(message.body).toEqual(body);
  }
});

test("a peek can leave the bodies out, and looks from a number on", async () => {
  const { client } = await openBus();
  await client
    .createSender("work")
    .sendMessages([1, 2, 3].map((body) => ({ body: `body ${body}`, messageId: `m-${body}` })));
  const receiver = client.createReceiver("work");
  const [first] = await receiver.peekMessages(1);
  // The client passes this on, though its public types do not show it.
  const options = { fromSequenceNumber: first!.sequenceNumber!.add(1), omitMessageBody: true };
  const bare = await receiver.peekMessages(5, options);
  expect(bare.map(({ messageId, body }) => [messageId, body])).toEqual([
    ["m-2", undefined],
    ["m-3", undefined],
  ]);
});

test("the oldest messages are deleted in batches, what somebody holds is not", async () => {
  const { client, server } = await openBus();
  await client.createSender("work").sendMessages([1, 2, 3, 4].map((body) => ({ body })));
  const receiver = client.createReceiver("work");
  const held = await one(receiver);
  const now = new Date(Date.now() + 1000);
  const ask = async (count: number) =>
    await rawRequest(server.amqpPort, "work", "com.microsoft:batch-delete-messages", (wrap) => ({
      "message-count": wrap.wrap_int(count),
      "enqueued-time-utc": wrap.wrap_timestamp(now.getTime()),
    }));
  expect(await ask(2)).toEqual({ status: 200, body: { "message-count": 2 } });
  await receiver.completeMessage(held);
  expect((await one(receiver)).body).toBe(4);
  expect(await ask(5)).toMatchObject({ status: 204 });
});

test("a batch holds what the broker takes, and not one byte more", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const batch = await sender.createMessageBatch();
  expect(batch.maxSizeInBytes).toBe(262_144);
  while (batch.tryAddMessage({ body: "x".repeat(10_000) }));
  await sender.sendMessages(batch);
  expect(batch.count).toBeGreaterThan(20);
  const received = await client
    .createReceiver("work", { receiveMode: "receiveAndDelete" })
    .receiveMessages(batch.count, { maxWaitTimeInMs: 1000 });
  expect(received).toHaveLength(batch.count);
});
