import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { administration } from "./administration-client.ts";
import { openBus, queue, subscription, topic } from "./open-bus.ts";

test("after a restart every message is where it was, and numbers go on", async () => {
  const bus = await openBus({ queues: [queue("work", { maxDeliveryCount: 5 })] });
  const sender = bus.client.createSender("work");
  const bodies = ["done", "failed once", "dead", "deferred", "locked", "waiting"];
  await sender.sendMessages(bodies.map((body) => ({ body })));
  await sender.scheduleMessages({ body: "scheduled" }, new Date(Date.now() + 3_600_000));
  const receiver = bus.client.createReceiver("work");
  const [done, failed, dead, deferred] = await receiver.receiveMessages(5, { maxWaitTimeInMs: 2000 });
  await receiver.completeMessage(done!);
  await receiver.deadLetterMessage(dead!, {
    deadLetterReason: "because",
    deadLetterErrorDescription: "it was",
  });
  await receiver.deferMessage(deferred!);
  await receiver.abandonMessage(failed!);

  const { client } = await bus.restart();
  await client.createSender("work").sendMessages({ body: "new" });
  const again = client.createReceiver("work");
  const messages = await again.receiveMessages(10, { maxWaitTimeInMs: 500 });

  expect(messages.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    ["failed once", 1],
    ["locked", 0],
    ["waiting", 0],
    ["new", 0],
  ]);
  expect(messages.at(-1)?.sequenceNumber?.toNumber()).toBe(8);
  expect((await again.peekMessages(10)).map(({ body, state }) => [body, state])).toEqual([
    ["failed once", "active"],
    ["deferred", "deferred"],
    ["locked", "active"],
    ["waiting", "active"],
    ["scheduled", "scheduled"],
    ["new", "active"],
  ]);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await deadLetters.peekMessages(5)).toMatchObject([{ body: "dead", deadLetterReason: "because" }]);
});

test("what is completed, expired, cancelled or deleted leaves nothing on the disk", async () => {
  const bus = await openBus({ queues: [queue("work", { deadLetteringOnMessageExpiration: false })] });
  await bus.client
    .createSender("work")
    .sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4, timeToLive: 1 }]);
  const receiver = bus.client.createReceiver("work");
  const [first, second] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.completeMessage(first!);
  await receiver.deadLetterMessage(second!);
  const deadLetters = bus.client.createReceiver("work", { subQueueType: "deadLetter" });
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await deadLetters.completeMessage(dead!);
  const taker = bus.client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  await taker.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  const sender = bus.client.createSender("work");
  const [number] = await sender.scheduleMessages({ body: 5 }, new Date(Date.now() + 60_000));
  await sender.cancelScheduledMessages(number!);
  await sender.scheduleMessages({ body: 6 }, new Date(Date.now() + 50));
  const [sixth] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  await receiver.deferMessage(sixth!);
  await taker.receiveDeferredMessages(sixth!.sequenceNumber!);
  const admin = administration(bus);
  await admin.createQueue("gone", { requiresSession: true, requiresDuplicateDetection: true });
  await bus.client.createSender("gone").sendMessages({ body: 7, sessionId: "a" });
  await (await bus.client.acceptNextSession("gone")).setSessionState("here");
  await admin.deleteQueue("gone");
  await bus.server.stop();

  const db = new DatabaseSync(join(bus.dataFolder, "service-bus.sqlite"));
  for (const table of ["message", "content", "session", "duplicate_log"])
    expect(db.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([]);
  db.close();
});

test("what was deleted stays deleted, and time goes on where it stood", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock, queues: [queue("work"), queue("old"), queue("new")] });
  const admin = administration(bus);
  await admin.createQueue("gone");
  await admin.createQueue("talks", { requiresSession: true });
  await admin.createTopic("news");
  await admin.createSubscription("news", "mine");
  await admin.createSubscription("news", "gone");
  await admin.createRule("news", "mine", "rule", { sqlExpression: "a = 1" });
  await admin.deleteRule("news", "mine", "$Default");
  await bus.client.createSender("work").sendMessages({ body: "brief", timeToLive: 60_000 });
  await bus.client.createSender("talks").sendMessages({ body: "spoken", sessionId: "a" });
  await bus.client.createSender("old").sendMessages({ body: "held" });
  await bus.client.createReceiver("old").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await admin.updateQueue({ ...(await admin.getQueue("old")), forwardTo: "new" });
  await admin.deleteQueue("gone");
  await admin.deleteSubscription("news", "gone");

  const again = await bus.restart();
  const later = administration(again);
  expect(await later.queueExists("gone")).toBe(false);
  expect(await later.subscriptionExists("news", "gone")).toBe(false);
  const rules: string[] = [];
  for await (const { name } of later.listRules("news", "mine")) rules.push(name);
  expect(rules).toEqual(["rule"]);
  // Nobody holds anything any more, so what was held follows the forward.
  const [moved] = await again.client.createReceiver("new").receiveMessages(1, { maxWaitTimeInMs: 2000 });
  expect(moved?.body).toBe("held");
  const session = await again.client.acceptNextSession("talks");
  expect(session.sessionId).toBe("a");
  await clock.advance(60_000);
  const dead = again.client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await dead.peekMessages(1)).toMatchObject([
    { body: "brief", deadLetterReason: "TTLExpiredException" },
  ]);
});

test("changing the topology's rules changes the subscriptions", async () => {
  const options = { queues: [queue("mail")], topics: [topic("orders", [subscription("mail", ["a", "b"])])] };
  const bus = await openBus(options);
  options.topics[0] = topic("orders", [subscription("mail", ["b", "c"])]);

  const again = await bus.restart();
  const names: string[] = [];
  for await (const { name } of administration(again).listRules("orders", "mail")) names.push(name);
  expect(names).toEqual(["b", "c"]);
  await again.client
    .createSender("orders")
    .sendMessages(["a", "b", "c"].map((subject) => ({ body: subject, subject })));
  const messages = await again.client.createReceiver("mail").receiveMessages(3, { maxWaitTimeInMs: 500 });
  expect(messages.map(({ body }) => String(body))).toEqual(["b", "c"]);
});

test("changing the topology changes the entities and keeps their messages", async () => {
  const options = { queues: [queue("work")] };
  const bus = await openBus(options);
  await bus.client.createSender("work").sendMessages({ body: 1 });
  options.queues[0] = queue("work", { maxDeliveryCount: 1 });

  const { client } = await bus.restart();
  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.abandonMessage(message!);
  const deadLetters = client.createReceiver("work", { subQueueType: "deadLetter" });
  expect(await deadLetters.peekMessages(1)).toMatchObject([{ deadLetterReason: "MaxDeliveryCountExceeded" }]);
});

test("a live subscription goes on after the broker was away", async () => {
  const bus = await openBus();
  const seen: string[] = [];
  const receiver = bus.client.createReceiver("work");
  receiver.subscribe({
    processMessage: async ({ body }) => void seen.push(String(body)),
    processError: async () => undefined,
  });
  await bus.client.createSender("work").sendMessages({ body: "before" });
  await expect.poll(() => seen).toEqual(["before"]);

  const port = bus.server.amqpPort;
  const again = await bus.restart({ keepClient: true, amqpPort: port });
  await again.client.createSender("work").sendMessages({ body: "after" });
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(["before", "after"]);
});
