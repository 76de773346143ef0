import { expect, test } from "vitest";
import { openBus, queue } from "./open-bus.ts";
import { openTalks, said } from "./open-talks.ts";
import { administration } from "./administration-client.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("an iterator brings one message after another until its user has enough", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  await sender.sendMessages([1, 2, 3].map((body) => ({ body })));
  const receiver = client.createReceiver("work");
  const seen: unknown[] = [];
  for await (const message of receiver.getMessageIterator()) {
    seen.push(message.body);
    await receiver.completeMessage(message);
    if (message.body === 3) await sender.sendMessages({ body: 4 });
    if (message.body === 4) break;
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(await receiver.peekMessages(5)).toEqual([]);
});

test("a handler that returns completes, one that throws abandons, and one that settles itself is left alone", async () => {
  const { client } = await openBus();
  await client
    .createSender("work")
    .sendMessages([{ body: "good" }, { body: "fails once" }, { body: "dead" }]);
  const receiver = client.createReceiver("work");
  const seen: string[] = [];
  const errors: string[] = [];
  receiver.subscribe({
    processMessage: async (message) => {
      seen.push(`${String(message.body)} ${message.deliveryCount}`);
      if (message.body === "dead") await receiver.deadLetterMessage(message);
      if (message.body === "fails once" && message.deliveryCount === 0) throw new Error("not now");
    },
    processError: async ({ error, errorSource }) => void errors.push(`${errorSource}: ${error.message}`),
  });
  await expect.poll(() => seen.length).toBe(4);
  await receiver.close();
  expect(seen.toSorted()).toEqual(["dead 0", "fails once 0", "fails once 1", "good 0"]);
  expect(errors).toEqual(["processMessageCallback: not now"]);
  expect(await client.createReceiver("work").peekMessages(5)).toEqual([]);
  const dead = await client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(5);
  expect(dead.map(({ body }) => String(body))).toEqual(["dead"]);
});

test("a subscription that was stopped takes nothing, and goes on when it is started again", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const receiver = client.createReceiver("work");
  const seen: unknown[] = [];
  const handlers = {
    processMessage: async ({ body }: { body: unknown }) => void seen.push(body),
    processError: async () => undefined,
  };
  const subscription = receiver.subscribe(handlers, { maxConcurrentCalls: 5 });
  await sender.sendMessages({ body: 1 });
  await expect.poll(() => seen).toEqual([1]);
  await subscription.close();
  await sender.sendMessages({ body: 2 });
  const [other] = await client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(other).toMatchObject({ body: 2, deliveryCount: 0 });
  receiver.subscribe(handlers);
  await sender.sendMessages({ body: 3 });
  await expect.poll(() => seen).toEqual([1, 3]);
});

test("the client renews locks by itself, of messages and of sessions, for as long as it was told to", async () => {
  const bus = await openTalks(
    { queues: [queue("work", { lockDuration: "PT5S" }), queue("given-up", { lockDuration: "PT5S" })] },
    { lockDuration: "PT5S" },
  );
  const { client } = bus;
  await client.createSender("work").sendMessages({ body: 1 });
  await client.createSender("given-up").sendMessages({ body: 1 });
  await client.createSender("talks").sendMessages(said("a", 1));
  const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 60_000 });
  const session = await client.acceptSession("talks", "a", { maxAutoLockRenewalDurationInMs: 60_000 });
  const impatient = client.createReceiver("given-up", { maxAutoLockRenewalDurationInMs: 0 });
  const [slow] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  const [spoken] = await session.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  const [late] = await impatient.receiveMessages(1, { maxWaitTimeInMs: 1000 });

  await pause(7000);

  await receiver.completeMessage(slow!);
  await session.completeMessage(spoken!);
  await expect(impatient.completeMessage(late!)).rejects.toMatchObject({ code: "MessageLockLost" });
  const admin = administration(bus);
  const waiting = async (name: string) => (await admin.getQueueRuntimeProperties(name)).totalMessageCount;
  expect([await waiting("work"), await waiting("talks"), await waiting("given-up")]).toEqual([0, 0, 1]);
});

test("a receiver of dead letters takes them for good, or settles them whatever session they come from", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages([1, 2, 3].map((body) => ({ body, sessionId: "ignored" })));
  const receiver = client.createReceiver("work");
  for (const message of await receiver.receiveMessages(3, { maxWaitTimeInMs: 1000 }))
    await receiver.deadLetterMessage(message);
  const taker = client.createReceiver("work", {
    receiveMode: "receiveAndDelete",
    subQueueType: "deadLetter",
  });
  expect((await taker.receiveMessages(1, { maxWaitTimeInMs: 1000 })).map(({ body }) => Number(body))).toEqual(
    [1],
  );
  const dead = client.createReceiver("work", { subQueueType: "deadLetter" });
  const [second, third] = await dead.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await dead.completeMessage(third!);
  await dead.deferMessage(second!);
  // A session id means nothing where no sessions are required, not even when it comes with the settlement.
  const [deferred] = await dead.receiveDeferredMessages(second!.sequenceNumber!);
  expect(deferred).toMatchObject({ body: 2, sessionId: "ignored" });
  await dead.completeMessage(deferred!);
  expect(await dead.peekMessages(5)).toEqual([]);
});
