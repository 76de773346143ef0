import type { ServiceBusMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { eventually } from "./host-under-test.ts";
import { queueHolds, said, saidTimes, useBus, useQueueApp } from "./use-bus.ts";

const many = 'cardinality: "many",';

const numbered = (count: number): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, index) => ({ messageId: `m-${index}`, body: { n: index } }));

test("cardinality many: one call gets what is there, at most maxMessageBatchSize, and success completes all of it", async () => {
  const bus = await useBus();
  await bus.client.createSender("work").sendMessages(numbered(25));
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, body.map(({ n }) => n));",
    serviceBus: { maxMessageBatchSize: 10 },
  });

  await eventually(() => (said<number[]>(host).flat().length >= 25 ? true : undefined));
  await queueHolds(bus, 0, 0);

  expect(said<number[]>(host).flat()).toEqual(Array.from({ length: 25 }, (_, index) => index));
  expect(Math.max(...said<number[]>(host).map(({ length }) => length))).toBe(10);
});

test("a batch is one unit: a failed call abandons every message of it, until all are dead letters", async () => {
  const bus = await useBus({ maxDeliveryCount: 2 });
  await bus.client.createSender("work").sendMessages(numbered(3));
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, body.length); if (body.some(({ n }) => n === 1)) throw new Error('one is bad');",
  });

  await queueHolds(bus, 0, 3);

  expect(said<number>(host).reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(4);
  const reasons = await bus.client.createReceiver("work", { subQueueType: "deadLetter" }).peekMessages(3);
  expect(reasons.map(({ deadLetterReason }) => deadLetterReason)).toEqual(
    Array.from({ length: 3 }, () => "MaxDeliveryCountExceeded"),
  );
});

test("one batch at a time: what comes meanwhile waits for the next call", async () => {
  const bus = await useBus();
  const sender = bus.client.createSender("work");
  await sender.sendMessages({ body: { n: 0 } });
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: `
      globalThis.running = (globalThis.running ?? 0) + 1;
      say(context, { running: globalThis.running, size: body.length });
      await new Promise((resolve) => setTimeout(resolve, 300));
      globalThis.running -= 1;`,
  });
  await saidTimes(host, 1);
  for (const { body } of numbered(4)) await sender.sendMessages({ body });
  await saidTimes(host, 2);
  await queueHolds(bus, 0, 0);

  expect(said(host)).toEqual([
    { running: 1, size: 1 },
    { running: 1, size: 4 },
  ]);
});

test("minMessageBatchSize lets a batch fill up, and maxBatchWaitTime ends the waiting", async () => {
  const bus = await useBus();
  const sender = bus.client.createSender("work");
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, body.length);",
    serviceBus: { minMessageBatchSize: 3, maxBatchWaitTime: "00:00:01" },
  });

  for (const { body } of numbered(3)) await sender.sendMessages({ body });
  await saidTimes(host, 1);
  const lonely = performance.now();
  await sender.sendMessages({ body: { n: 9 } });
  await saidTimes(host, 2);

  expect(said(host)).toEqual([3, 1]);
  expect(performance.now() - lonely).toBeGreaterThan(900);
});

test("batch metadata is an array per property; texts that a message lacks leave no gap, and bodies do not join in", async () => {
  const bus = await useBus();
  await bus.client.createSender("work").sendMessages([
    { messageId: "42", body: { messageId: "EVIL" }, subject: "a", applicationProperties: { TenantId: "t1" } },
    { messageId: "m-2", body: "text", applicationProperties: {} },
    { messageId: "m-3", body: Buffer.from("3"), subject: "c" },
  ]);
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, { body, metadata: context.triggerMetadata });",
  });
  await saidTimes(host, 1);

  expect(said(host)).toEqual([
    {
      body: [{ messageId: "EVIL" }, "text", 3],
      metadata: expect.objectContaining({
        messageIdArray: [42, "m-2", "m-3"], // digits become numbers, as with single messages
        subjectArray: ["a", "c"],
        labelArray: ["a", "c"],
        sessionIdArray: [],
        deliveryCountArray: [1, 1, 1],
        sequenceNumberArray: [1, 2, 3],
        enqueuedTimeUtcArray: Array.from({ length: 3 }, () => expect.stringMatching(/Z$/)),
        applicationPropertiesArray: [{ tenantId: "t1" }, {}, {}],
        lockTokenArray: Array.from({ length: 3 }, () => expect.any(String)),
      }),
    },
  ]);
  expect(said(host)[0]).not.toHaveProperty("metadata.messageId");
});

test("an empty body leaves no gap in a batch: the handler gets fewer bodies than there are messages", async () => {
  const bus = await useBus();
  await bus.client
    .createSender("work")
    .sendMessages([{ body: "one" }, { body: Buffer.alloc(0) }, { body: "three" }]);
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, { body, count: context.triggerMetadata.deliveryCountArray.length });",
  });
  await saidTimes(host, 1);

  expect(said(host)).toEqual([{ body: ["one", "three"], count: 3 }]);
});

test("binary batches arrive as Buffers, empty ones too", async () => {
  const bus = await useBus();
  await bus.client
    .createSender("work")
    .sendMessages([{ body: Buffer.from("one") }, { body: Buffer.alloc(0) }]);
  const host = await useQueueApp(bus, {
    trigger: 'cardinality: "many", dataType: "binary",',
    handler: "say(context, body.map((each) => [Buffer.isBuffer(each), String(each)]));",
  });
  await saidTimes(host, 1);

  expect(said(host)).toEqual([
    [
      [true, "one"],
      [true, ""],
    ],
  ]);
});

test("the locks of a batch are not renewed: a call that takes longer than the lock has its messages come again", async () => {
  const bus = await useBus({ lockDuration: "PT5S" });
  await bus.client.createSender("work").sendMessages([{ body: { n: 1 } }]);
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: `
      const [first] = context.triggerMetadata.deliveryCountArray;
      say(context, first);
      if (first === 1) await new Promise((resolve) => setTimeout(resolve, 6000));`,
    drainMs: 8000,
  });

  await saidTimes(host, 2, 15_000);

  expect(said(host)).toEqual([1, 2]);
});

test("autoCompleteMessages false: a success completes nothing, and the message comes again when its lock runs out", async () => {
  const bus = await useBus({ lockDuration: "PT5S", maxDeliveryCount: 2 });
  await bus.client.createSender("work").sendMessages([{ body: "once" }]);
  const host = await useQueueApp(bus, {
    handler: "say(context, context.triggerMetadata.deliveryCount);",
    serviceBus: { autoCompleteMessages: false, maxAutoLockRenewalDuration: "00:05:00" },
  });

  await saidTimes(host, 2, 12_000);
  expect(said(host)).toEqual([1, 2]);
});

test("the trigger's own autoCompleteMessages goes before host.json's, and a failure abandons at once whatever it says", async () => {
  const bus = await useBus({ maxDeliveryCount: 3 });
  await bus.client.createSender("work").sendMessages([{ body: "good" }, { body: "bad" }]);
  const host = await useQueueApp(bus, {
    trigger: "autoCompleteMessages: true,",
    handler: 'say(context, body); if (body === "bad") throw new Error("no");',
    serviceBus: { autoCompleteMessages: false },
  });

  await queueHolds(bus, 0, 1);
  expect(said<string>(host).filter((body) => body === "good")).toHaveLength(1);
  expect(said<string>(host).filter((body) => body === "bad")).toHaveLength(3);
});

test("a worker that dies gives its whole batch back at once", async () => {
  const bus = await useBus();
  await bus.client.createSender("work").sendMessages(numbered(3));
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: `
      const counts = context.triggerMetadata.deliveryCountArray;
      say(context, counts);
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (counts[0] === 1) process.exit(9);`,
  });

  await saidTimes(host, 2);
  await queueHolds(bus, 0, 0);
  expect(said(host).slice(0, 2)).toEqual([
    [1, 1, 1],
    [2, 2, 2],
  ]);
});

test("stopping lets a running batch finish and completes it", async () => {
  const bus = await useBus();
  await bus.client.createSender("work").sendMessages(numbered(2));
  const host = await useQueueApp(bus, {
    trigger: many,
    handler: "say(context, 0); await new Promise((resolve) => setTimeout(resolve, 500));",
  });
  await saidTimes(host, 1);

  await host.stop();

  expect(said(host)).toHaveLength(1);
  await queueHolds(bus, 0, 0);
});

test("a retry policy on a Service Bus function is ignored with one warning: the broker repeats, not the host", async () => {
  const bus = await useBus({ maxDeliveryCount: 2 });
  const host = await useQueueApp(bus, {
    trigger: 'retry: { strategy: "fixedDelay", delayInterval: 1000, maxRetryCount: 5 },',
    handler:
      "say(context, [context.triggerMetadata.deliveryCount, context.retryContext ?? null]); throw new Error();",
  });
  await bus.client.createSender("work").sendMessages({ body: "x" });

  await queueHolds(bus, 0, 1);
  expect(said(host)).toEqual([
    [1, null],
    [2, null],
  ]);
  expect(host.lines.filter(({ event }) => event === "retry policy ignored")).toHaveLength(1);
});
