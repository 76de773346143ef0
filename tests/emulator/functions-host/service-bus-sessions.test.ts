import type { ServiceBusMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { eventually } from "./host-under-test.ts";
import { queueHolds, said, saidTimes, useBus, useQueueApp } from "./use-bus.ts";

const sessions = "isSessionsEnabled: true,";
const quick = { sessionIdleTimeout: "00:00:01" };

const talk = (sessionId: string, count: number): ServiceBusMessage[] =>
  Array.from({ length: count }, (_, index) => ({ sessionId, body: { s: sessionId, n: index } }));

interface Said {
  readonly s: string;
  readonly n: number;
}

test("a session's messages come one after the other, in order, while other sessions run beside it", async () => {
  const bus = await useBus({ requiresSession: true });
  const sender = bus.client.createSender("work");
  await sender.sendMessages([...talk("a", 5), ...talk("b", 5), ...talk("c", 5)]);
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler: `
      const running = (globalThis.running ??= { all: 0, most: 0 });
      running[body.s] = (running[body.s] ?? 0) + 1;
      if (running[body.s] > 1) throw new Error("two of one session at once");
      running.all += 1;
      running.most = Math.max(running.most, running.all);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running.all -= 1;
      running[body.s] -= 1;
      say(context, { ...body, most: running.most });`,
    serviceBus: quick,
  });

  await saidTimes(host, 15);
  await queueHolds(bus, 0, 0);

  for (const session of ["a", "b", "c"]) {
    const numbers = said<Said>(host).filter(({ s }) => s === session);
    expect(numbers.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  }
  expect(Math.max(...said<{ most: number }>(host).map(({ most }) => most))).toBe(3);
});

test("no more than maxConcurrentSessions at a time: the next waits until one was idle for sessionIdleTimeout", async () => {
  const bus = await useBus({ requiresSession: true });
  await bus.client.createSender("work").sendMessages([...talk("a", 1), ...talk("b", 1)]);
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler: "say(context, Date.now());",
    serviceBus: { ...quick, maxConcurrentSessions: 1 },
  });

  await saidTimes(host, 2);

  const [first = 0, second = 0] = said<number>(host);
  expect(second - first).toBeGreaterThan(900);
});

test("maxConcurrentCallsPerSession lets several messages of one session run at once", async () => {
  const bus = await useBus({ requiresSession: true });
  await bus.client.createSender("work").sendMessages(talk("a", 6));
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler: `
      globalThis.running = (globalThis.running ?? 0) + 1;
      say(context, globalThis.running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      globalThis.running -= 1;`,
    serviceBus: { ...quick, maxConcurrentCallsPerSession: 3 },
  });

  await saidTimes(host, 6);

  expect(Math.max(...said<number>(host))).toBe(3);
});

test("a failed message of a session is abandoned at once and comes again before those behind it", async () => {
  const bus = await useBus({ requiresSession: true, maxDeliveryCount: 2 });
  await bus.client.createSender("work").sendMessages(talk("a", 3));
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler: 'say(context, body.n); if (body.n === 1) throw new Error("no");',
    serviceBus: quick,
  });

  await queueHolds(bus, 0, 1);
  await saidTimes(host, 4);

  expect(said(host)).toEqual([0, 1, 1, 2]);
});

test("metadata of a session's message names its session and has the session's live objects", async () => {
  const bus = await useBus({ requiresSession: true });
  await bus.client.createSender("work").sendMessages(talk("s-1", 1));
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler: "say(context, context.triggerMetadata);",
    serviceBus: quick,
  });
  await saidTimes(host, 1);

  expect(said(host)[0]).toMatchObject({ sessionId: "s-1", sessionActions: {}, messageSession: {} });
});

test("a session's lock is renewed while its function runs: nobody else gets the session", async () => {
  const bus = await useBus({ requiresSession: true, lockDuration: "PT5S" });
  await bus.client.createSender("work").sendMessages(talk("a", 1));
  const host = await useQueueApp(bus, {
    trigger: sessions,
    handler:
      "say(context, context.triggerMetadata.deliveryCount); await new Promise((resolve) => setTimeout(resolve, 7000));",
    serviceBus: quick,
    drainMs: 9000,
  });

  await saidTimes(host, 1);
  await eventually(
    async () =>
      (await bus.admin.getQueueRuntimeProperties("work")).activeMessageCount === 0 ? true : undefined,
    12_000,
  );

  expect(said(host)).toEqual([1]);
});

test("batches of sessions: each holds one session only, one session at a time", async () => {
  const bus = await useBus({ requiresSession: true });
  await bus.client.createSender("work").sendMessages([...talk("a", 3), ...talk("b", 2)]);
  const host = await useQueueApp(bus, {
    trigger: `${sessions} cardinality: "many",`,
    handler:
      "say(context, { sessions: context.triggerMetadata.sessionIdArray, numbers: body.map(({ n }) => n) });",
    serviceBus: quick,
  });

  await saidTimes(host, 2);
  await queueHolds(bus, 0, 0);

  expect(said(host)).toEqual([
    { sessions: ["a", "a", "a"], numbers: [0, 1, 2] },
    { sessions: ["b", "b"], numbers: [0, 1] },
  ]);
});

test("stopping gives sessions back: another host goes on with them at once", async () => {
  const bus = await useBus({ requiresSession: true });
  const sender = bus.client.createSender("work");
  const app = { trigger: sessions, handler: "say(context, body.n);" };
  await sender.sendMessages(talk("a", 1));
  const first = await useQueueApp(bus, app); // idle time-out: a minute
  await saidTimes(first, 1);
  await first.stop();

  await sender.sendMessages(talk("a", 1));
  const second = await useQueueApp(bus, app);
  await saidTimes(second, 1);

  expect(said(second)).toEqual([0]);
});
