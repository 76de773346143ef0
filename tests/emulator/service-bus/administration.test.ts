import { get } from "node:http";
import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus, queue, subscription, topic } from "./open-bus.ts";

test("what the topology names can be looked at", async () => {
  const bus = await openBus({
    queues: [queue("stock", { requiresDuplicateDetection: true })],
    topics: [topic("orders", [subscription("stock", ["order.placed.v1"], 7)])],
  });
  const admin = administration(bus);

  expect(await admin.getQueue("stock")).toMatchObject({
    name: "stock",
    lockDuration: "PT30S",
    maxDeliveryCount: 10,
    requiresDuplicateDetection: true,
    requiresSession: false,
  });
  expect(await admin.getTopic("orders")).toMatchObject({ name: "orders", defaultMessageTimeToLive: "P14D" });
  expect(await admin.getSubscription("orders", "stock")).toMatchObject({
    topicName: "orders",
    subscriptionName: "stock",
    maxDeliveryCount: 7,
    forwardTo: expect.stringMatching(/\/stock$/),
  });
  expect(await admin.getRule("orders", "stock", "order.placed.v1")).toMatchObject({
    name: "order.placed.v1",
    filter: { subject: "order.placed.v1" },
  });
  expect(await admin.getNamespaceProperties()).toMatchObject({ messagingSku: "Standard" });
});

test("runtime properties and the summary count messages by state", async () => {
  const bus = await openBus();
  const sender = bus.client.createSender("work");
  await sender.sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
  await sender.scheduleMessages({ body: 4 }, new Date(Date.now() + 60_000));
  const receiver = bus.client.createReceiver("work");
  const [message, later] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.deadLetterMessage(message!);
  await receiver.deferMessage(later!);

  expect(await administration(bus).getQueueRuntimeProperties("work")).toMatchObject({
    activeMessageCount: 1,
    deadLetterMessageCount: 1,
    scheduledMessageCount: 1,
    totalMessageCount: 4,
  });
  const base = `http://localhost:${bus.server.administrationPort}`;
  const summary: unknown = await (await fetch(`${base}/_expedite/queues`)).json();
  expect(summary).toEqual([
    {
      name: "work",
      active: 1,
      locked: 0,
      deadLetter: 1,
      scheduled: 1,
      deferred: 1,
      oldestEnqueuedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  expect(await (await fetch(`${base}/health`)).json()).toMatchObject({ status: "healthy" });
});

test("entities are created, changed, listed page by page and deleted, and survive a restart", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("extra", { lockDuration: "PT45S", maxDeliveryCount: 3 });
  await admin.createTopic("news");
  await admin.createSubscription("news", "all");
  await admin.createSubscription("news", "big", {
    forwardTo: "extra",
    defaultRuleOptions: {
      name: "only-big",
      filter: { subject: "news", applicationProperties: { size: 5, urgent: true, kind: "x" } },
    },
  });
  await expect(admin.createQueue("extra")).rejects.toMatchObject({ code: "MessageEntityAlreadyExistsError" });
  await expect(admin.getQueue("missing")).rejects.toMatchObject({ code: "MessageEntityNotFoundError" });
  const extra = await admin.getQueue("extra");
  await admin.updateQueue({ ...extra, lockDuration: "PT10S" });

  const again = await bus.restart();
  const later = administration(again);
  expect(await later.getQueue("extra")).toMatchObject({ lockDuration: "PT10S", maxDeliveryCount: 3 });
  expect(await later.getRule("news", "big", "only-big")).toMatchObject({
    filter: { subject: "news", applicationProperties: { size: 5, urgent: true, kind: "x" } },
  });
  expect(await later.getRule("news", "all", "$Default")).toMatchObject({ filter: { sqlExpression: "1=1" } });

  for (let n = 0; n < 5; n++) await later.createQueue(`many-${n}`);
  const names: string[] = [];
  for await (const page of later.listQueues().byPage({ maxPageSize: 2 }))
    names.push(...page.map(({ name }) => name));
  expect(names).toEqual(["extra", "many-0", "many-1", "many-2", "many-3", "many-4", "work"]);

  const sender = again.client.createSender("news");
  await sender.sendMessages([
    { body: 1, subject: "news", applicationProperties: { size: 5, urgent: true, kind: "x" } },
    { body: 2, subject: "news", applicationProperties: { size: "5", urgent: true, kind: "x" } },
  ]);
  const big = await again.client.createReceiver("extra").receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(big.map(({ body }) => Number(body))).toEqual([1]);
  const all = await again.client.createReceiver("news", "all").receiveMessages(5, { maxWaitTimeInMs: 500 });
  expect(all).toHaveLength(2);

  await later.deleteTopic("news");
  expect(await later.subscriptionExists("news", "all")).toBe(false);
  await expect(sender.sendMessages({ body: 3 })).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
});

test("what is not supported yet is refused by name", async () => {
  const admin = administration(await openBus());
  await expect(admin.createQueue("s", { enablePartitioning: true })).rejects.toThrow(
    /EnablePartitioning .* not supported/,
  );
});

test("the administration endpoint asks for a key, and for a local caller", async () => {
  const bus = await openBus();
  await expect(administration(bus, "wrong-key").getQueue("work")).rejects.toMatchObject({
    code: "UnauthorizedRequestError",
  });
  const { administrationPort: port } = bus.server;
  expect((await fetch(`http://localhost:${port}/work`)).status).toBe(401);
  // A web page that has its own name point here is no local caller.
  const asked = (host: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options = { port, host: "localhost", path: "/_expedite/queues", headers: { host } };
      get(options, (response) => resolve(response.resume().statusCode)).once("error", reject);
    });
  expect(await asked("example.com")).toBe(401);
  expect(await asked(`localhost:${port}`)).toBe(200);
});
