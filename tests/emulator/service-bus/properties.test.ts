import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus } from "./open-bus.ts";

test("every property of a queue is kept as it was created, and then as it was changed", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("other");
  const created = {
    lockDuration: "PT45S",
    maxSizeInMegabytes: 2048,
    requiresDuplicateDetection: true,
    requiresSession: false,
    defaultMessageTimeToLive: "P1DT2H3M4S",
    deadLetteringOnMessageExpiration: true,
    duplicateDetectionHistoryTimeWindow: "PT20S",
    maxDeliveryCount: 7,
    enableBatchedOperations: false,
    status: "SendDisabled",
    userMetadata: `<&"'> ü ${"x".repeat(1000)}`,
    autoDeleteOnIdle: "P1D",
    enablePartitioning: false,
    enableExpress: false,
  } as const;
  expect(await admin.createQueue("q", created)).toMatchObject(created);
  const changed = {
    lockDuration: "PT5M",
    maxSizeInMegabytes: 1024,
    defaultMessageTimeToLive: "PT1H",
    deadLetteringOnMessageExpiration: false,
    duplicateDetectionHistoryTimeWindow: "P7D",
    maxDeliveryCount: 2000,
    enableBatchedOperations: true,
    status: "Active",
    userMetadata: "new",
    autoDeleteOnIdle: "PT5M",
  } as const;
  await admin.updateQueue({ ...(await admin.getQueue("q")), ...changed });
  expect(await admin.getQueue("q")).toMatchObject(changed);
  const forwards = { forwardTo: "other", forwardDeadLetteredMessagesTo: "work" };
  await admin.updateQueue({ ...(await admin.getQueue("q")), ...forwards });
  const again = administration(await bus.restart());
  expect(await again.getQueue("q")).toMatchObject({
    ...changed,
    // What forwards is never idle.
    autoDeleteOnIdle: "P10675199DT2H48M5.4775807S",
    forwardTo: expect.stringMatching(/\/other$/),
    forwardDeadLetteredMessagesTo: expect.stringMatching(/\/work$/),
  });
});

test("forwards that an update leaves out end", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("q", { forwardTo: "work", forwardDeadLetteredMessagesTo: "work" });
  const { forwardTo: _to, forwardDeadLetteredMessagesTo: _dead, ...rest } = await admin.getQueue("q");
  await admin.updateQueue(rest);
  const { forwardTo, forwardDeadLetteredMessagesTo } = await admin.getQueue("q");
  expect([forwardTo, forwardDeadLetteredMessagesTo]).toEqual([undefined, undefined]);
  await bus.client.createSender("q").sendMessages({ body: 1 });
  const receiver = bus.client.createReceiver("q");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.deadLetterMessage(message!);
  expect((await admin.getQueueRuntimeProperties("q")).deadLetterMessageCount).toBe(1);
  expect((await admin.getQueueRuntimeProperties("work")).totalMessageCount).toBe(0);
});

test("every property of a topic and a subscription is kept as it was created, and then as it was changed", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const topic = {
    maxSizeInMegabytes: 3072,
    requiresDuplicateDetection: true,
    defaultMessageTimeToLive: "PT2H",
    duplicateDetectionHistoryTimeWindow: "PT1M",
    enableBatchedOperations: false,
    userMetadata: "about news",
    autoDeleteOnIdle: "PT10M",
    status: "SendDisabled",
    supportOrdering: true,
  } as const;
  expect(await admin.createTopic("news", topic)).toMatchObject(topic);
  const otherTopic = {
    maxSizeInMegabytes: 1024,
    defaultMessageTimeToLive: "PT3H",
    duplicateDetectionHistoryTimeWindow: "PT2M",
    enableBatchedOperations: true,
    userMetadata: "other",
    autoDeleteOnIdle: "PT20M",
    status: "Active",
  } as const;
  await admin.updateTopic({ ...(await admin.getTopic("news")), ...otherTopic });
  const subscription = {
    lockDuration: "PT10S",
    maxDeliveryCount: 3,
    requiresSession: false,
    defaultMessageTimeToLive: "PT1H",
    deadLetteringOnMessageExpiration: true,
    deadLetteringOnFilterEvaluationExceptions: false,
    enableBatchedOperations: false,
    userMetadata: "mine",
    autoDeleteOnIdle: "PT30M",
    status: "ReceiveDisabled",
  } as const;
  expect(await admin.createSubscription("news", "mine", subscription)).toMatchObject(subscription);
  const otherSubscription = {
    lockDuration: "PT20S",
    maxDeliveryCount: 4,
    defaultMessageTimeToLive: "PT2H",
    deadLetteringOnMessageExpiration: false,
    deadLetteringOnFilterEvaluationExceptions: true,
    enableBatchedOperations: true,
    userMetadata: "yours",
    autoDeleteOnIdle: "PT40M",
    status: "Active",
  } as const;
  await admin.updateSubscription({ ...(await admin.getSubscription("news", "mine")), ...otherSubscription });
  const again = administration(await bus.restart());
  expect(await again.getTopic("news")).toMatchObject(otherTopic);
  expect(await again.getSubscription("news", "mine")).toMatchObject(otherSubscription);
});

test("runtime properties tell counts, sizes and times, of one entity and of all", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("news");
  for (const name of ["one", "two"]) await admin.createSubscription("news", name);
  const before = Date.now();
  await bus.client.createSender("news").sendMessages([{ body: 1 }, { body: 2 }]);
  await bus.client.createSender("news").scheduleMessages({ body: 3 }, new Date(Date.now() + 60_000));
  const receiver = bus.client.createReceiver("news", "one");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.deadLetterMessage(message!);

  const topic = await admin.getTopicRuntimeProperties("news");
  expect(topic).toMatchObject({ name: "news", subscriptionCount: 2, scheduledMessageCount: 1 });
  expect(topic.sizeInBytes).toBeGreaterThan(0);
  expect(topic.accessedAt.getTime()).toBeGreaterThanOrEqual(before);
  const one = { activeMessageCount: 1, deadLetterMessageCount: 1, totalMessageCount: 2 };
  expect(await admin.getSubscriptionRuntimeProperties("news", "one")).toMatchObject(one);
  const subscriptions: unknown[] = [];
  for await (const each of admin.listSubscriptionsRuntimeProperties("news")) subscriptions.push(each);
  expect(subscriptions).toMatchObject([
    { subscriptionName: "one", topicName: "news", ...one },
    { subscriptionName: "two", activeMessageCount: 2, transferDeadLetterMessageCount: 0 },
  ]);
  const topics: unknown[] = [];
  for await (const each of admin.listTopicsRuntimeProperties()) topics.push(each);
  expect(topics).toMatchObject([{ name: "news", subscriptionCount: 2 }]);
  const queues: unknown[] = [];
  for await (const each of admin.listQueuesRuntimeProperties()) queues.push(each);
  expect(queues).toMatchObject([{ name: "work", totalMessageCount: 0, createdAt: expect.any(Date) }]);
});

test("lists of every kind come whole and by name, however small their pages", async () => {
  const admin = administration(await openBus());
  for (const n of [2, 0, 1]) await admin.createTopic(`t-${n}`);
  for (const n of [3, 1, 4, 0, 2]) await admin.createSubscription("t-0", `s-${n}`);
  for (const n of [1, 3, 2, 0]) await admin.createRule("t-0", "s-0", `r-${n}`, { sqlExpression: "a = 1" });
  const names: string[] = [];
  for await (const page of admin.listTopics().byPage({ maxPageSize: 2 }))
    names.push(...page.map(({ name }) => name));
  for await (const page of admin.listSubscriptions("t-0").byPage({ maxPageSize: 2 }))
    names.push(...page.map(({ subscriptionName }) => subscriptionName));
  for await (const page of admin.listRules("t-0", "s-0").byPage({ maxPageSize: 2 }))
    names.push(...page.map(({ name }) => name));
  expect(names.join(" ")).toBe("t-0 t-1 t-2 s-0 s-1 s-2 s-3 s-4 $Default r-0 r-1 r-2 r-3");
  const [first] = [await admin.listTopics().byPage({ maxPageSize: 1 }).next()];
  expect(first.value).toHaveLength(1);
});

test("names have slashes and capitals, and mean the same in any case", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createQueue("Shop/Orders.EU_1-x");
  await admin.createTopic("Shop/News");
  await admin.createSubscription("Shop/News", "All.Of_It-1");
  expect(await admin.getQueue("shop/orders.eu_1-X")).toMatchObject({ name: "Shop/Orders.EU_1-x" });
  expect(await admin.getSubscription("SHOP/news", "all.of_it-1")).toMatchObject({
    topicName: "Shop/News",
    subscriptionName: "All.Of_It-1",
  });
  expect(await admin.ruleExists("shop/NEWS", "ALL.of_it-1", "$default")).toBe(true);
  await expect(admin.createTopic("SHOP/ORDERS.EU_1-X")).rejects.toMatchObject({
    code: "MessageEntityAlreadyExistsError",
  });
  await bus.client.createSender("SHOP/orders.eu_1-x").sendMessages({ body: 1 });
  await bus.client.createSender("SHOP/news").sendMessages({ body: 2 });
  const bodies: unknown[] = [];
  for (const receiver of [
    bus.client.createReceiver("shop/ORDERS.eu_1-x"),
    bus.client.createReceiver("shop/news", "all.OF_it-1"),
  ]) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    await receiver.deadLetterMessage(message!);
    bodies.push(message?.body);
  }
  expect(bodies).toEqual([1, 2]);
  const dead = bus.client.createReceiver("shop/news", "ALL.OF_IT-1", { subQueueType: "deadLetter" });
  expect(await dead.peekMessages(5)).toHaveLength(1);
});

test("of entities that are created at the same time one is", async () => {
  const admin = administration(await openBus());
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => admin.createQueue("q")));
  const told = results.map((one) => (one.status === "rejected" ? String(one.reason) : one.status));
  expect(told.filter((one) => one === "fulfilled")).toHaveLength(1);
  expect(told.filter((one) => one.includes("'q' already exists"))).toHaveLength(3);
});

test("each refusal of the administration has the code that the client documents", async () => {
  const admin = administration(await openBus());
  await admin.createTopic("news");
  await admin.createSubscription("news", "mine");
  const missing = { code: "MessageEntityNotFoundError", statusCode: 404 };
  const taken = { code: "MessageEntityAlreadyExistsError", statusCode: 409 };
  const invalid = { code: "ServiceError", statusCode: 400 };
  await expect(admin.getTopic("none")).rejects.toMatchObject(missing);
  await expect(admin.getSubscription("news", "none")).rejects.toMatchObject(missing);
  await expect(admin.getRule("news", "mine", "none")).rejects.toMatchObject(missing);
  await expect(admin.deleteQueue("none")).rejects.toMatchObject(missing);
  await expect(admin.deleteRule("news", "mine", "none")).rejects.toMatchObject(missing);
  await expect(admin.createSubscription("none", "mine")).rejects.toMatchObject(missing);
  await expect(admin.createSubscription("work", "mine")).rejects.toMatchObject(missing);
  await expect(admin.createRule("news", "none", "r", { sqlExpression: "1=1" })).rejects.toMatchObject(
    missing,
  );
  await expect(admin.listSubscriptions("none").next()).rejects.toMatchObject(missing);
  await expect(admin.createQueue("q", { forwardTo: "none" })).rejects.toMatchObject(missing);
  await expect(admin.createQueue("news")).rejects.toMatchObject(taken);
  await expect(admin.createSubscription("news", "MINE")).rejects.toMatchObject(taken);
  await expect(admin.createRule("news", "mine", "$default", { sqlExpression: "1=1" })).rejects.toMatchObject(
    taken,
  );
  await expect(admin.createQueue("a b")).rejects.toMatchObject(invalid);
  await expect(admin.createQueue("x".repeat(261))).rejects.toMatchObject(invalid);
  await expect(admin.createSubscription("news", "x".repeat(51))).rejects.toMatchObject(invalid);
  await expect(admin.createQueue("q", { userMetadata: "x".repeat(1025) })).rejects.toThrow(/UserMetadata/);
  await expect(admin.createQueue("q", { maxDeliveryCount: 2001 })).rejects.toThrow(/MaxDeliveryCount/);
  await expect(admin.createQueue("q", { maxMessageSizeInKilobytes: 512 })).rejects.toThrow(
    /MaxMessageSizeInKilobytes/,
  );
  for (const exists of [
    admin.queueExists("none"),
    admin.topicExists("work"),
    admin.subscriptionExists("news", "none"),
    admin.ruleExists("news", "none", "r"),
  ])
    expect(await exists).toBe(false);
});
