import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";
import { type RawReceiver, rawReceiver } from "./raw-client.ts";

/** Drains until the broker says that nothing is left. */
async function drain(receiver: RawReceiver): Promise<void> {
  const drained = new Promise<void>((resolve) => receiver.once("receiver_drained", () => resolve()));
  receiver.drain_credit();
  await drained;
  receiver.drain = false;
}

function countArrivals(receiver: RawReceiver): () => number {
  let arrived = 0;
  receiver.on("message", () => void arrived++);
  return () => arrived;
}

test("a drain that comes with the credit first gets what is there, then the answer", async () => {
  const { client, server } = await openBus();
  await client.createSender("work").sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = await rawReceiver(server.amqpPort, "work");

  const arrived = countArrivals(receiver);

  receiver.add_credit(5);
  await drain(receiver);
  expect(arrived()).toBe(2);

  receiver.add_credit(1);
  await client.createSender("work").sendMessages([{ body: 3 }, { body: 4 }]);
  receiver.add_credit(1);
  await drain(receiver);
  expect(arrived()).toBe(4);
});

test("a drain is answered even when no credit is left", async () => {
  const { client, server } = await openBus();
  const receiver = await rawReceiver(server.amqpPort, "work");
  const arrived = countArrivals(receiver);
  receiver.add_credit(1);
  await client.createSender("work").sendMessages({ body: 1 });
  await expect.poll(arrived).toBe(1);

  await drain(receiver);
  expect(arrived()).toBe(1);
});

test("one receiver settles more messages than any buffer on its way holds", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const count = 9000;
  for (let n = 0; n < count; n += 500) {
    await sender.sendMessages(Array.from({ length: 500 }, (_, index) => ({ body: n + index })));
  }
  const receiver = client.createReceiver("work");
  let next = 0;
  while (next < count) {
    const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 2000 });
    expect(Number(messages[0]?.body)).toBe(next);
    next += messages.length;
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  }
  expect(await receiver.peekMessages(1)).toEqual([]);
});

test("receivers that wait for many messages each share what comes", async () => {
  const { client } = await openBus();
  const waiting = ["a", "b"].map((identifier) =>
    client.createReceiver("work", { identifier }).receiveMessages(20, { maxWaitTimeInMs: 5000 }),
  );
  // Both have their credit with the broker before there is anything to share.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await client.createSender("work").sendMessages(Array.from({ length: 20 }, (_, body) => ({ body })));
  const shares = (await Promise.all(waiting)).map(({ length }) => length);
  expect(shares).toEqual([10, 10]);
});

test("one sender sends more messages than it has credit for", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  let left = 2500;
  const lane = async () => {
    while (left-- > 0) await sender.sendMessages({ body: left });
  };
  await Promise.all(Array.from({ length: 50 }, lane));
  const receiver = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  let received = 0;
  while (received < 2500)
    received += (await receiver.receiveMessages(2500, { maxWaitTimeInMs: 1000 })).length;
  expect(received).toBe(2500);
});

test("two receivers share a queue, and one that stands still holds up nobody", async () => {
  const { client } = await openBus();
  const seen: string[] = [];
  const stuck = client.createReceiver("work");
  const forever = Promise.withResolvers<void>();
  stuck.subscribe({ processMessage: () => forever.promise, processError: async () => undefined });
  for (const name of ["a", "b"]) {
    client.createReceiver("work").subscribe({
      processMessage: async () => void seen.push(name),
      processError: async () => undefined,
    });
  }
  await client.createSender("work").sendMessages(Array.from({ length: 101 }, (_, n) => ({ body: n })));
  await expect.poll(() => seen.length, { timeout: 5000 }).toBe(100);
  forever.resolve();

  expect(seen.filter((name) => name === "a").length).toBeGreaterThan(20);
  expect(seen.filter((name) => name === "b").length).toBeGreaterThan(20);
});
