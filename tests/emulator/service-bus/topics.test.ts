import { expect, test } from "vitest";
import { openBus, queue, subscription, topic } from "./open-bus.ts";

test("a topic brings each message to the queues whose rules want it", async () => {
  const { client } = await openBus({
    queues: [queue("stock"), queue("mail")],
    topics: [
      topic("orders", [subscription("stock", ["placed"]), subscription("mail", ["placed", "cancelled"])]),
    ],
  });
  await client.createSender("orders").sendMessages([
    { body: 1, subject: "placed" },
    { body: 2, subject: "cancelled" },
    { body: 3, subject: "nobody wants this" },
  ]);

  const stock = await client.createReceiver("stock").receiveMessages(5, { maxWaitTimeInMs: 1000 });
  const mail = await client.createReceiver("mail").receiveMessages(5, { maxWaitTimeInMs: 1000 });
  expect(stock.map(({ body }) => Number(body))).toEqual([1]);
  expect(mail.map(({ body }) => Number(body))).toEqual([1, 2]);
  expect(mail[1]?.enqueuedSequenceNumber).toBe(2);
});

test("a second copy within the window is dropped, by topics and by queues, also after a restart", async () => {
  const options = {
    queues: [queue("stock", { requiresDuplicateDetection: true })],
    topics: [topic("orders", [subscription("stock", ["placed"])], { requiresDuplicateDetection: true })],
  };
  const bus = await openBus(options);
  const message = { body: 1, messageId: "m-1", subject: "placed" };
  const sender = bus.client.createSender("orders");
  await sender.sendMessages(message);
  await sender.sendMessages([message, message]);
  await bus.client.createSender("stock").sendMessages(message);

  const { client } = await bus.restart();
  await client.createSender("orders").sendMessages(message);
  const got = await client.createReceiver("stock").receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(got.map(({ body }) => Number(body))).toEqual([1]);
});
