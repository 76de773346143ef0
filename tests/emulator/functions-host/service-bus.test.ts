import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { jsonMessage, type ScriptedBroker, useScriptedBroker } from "./scripted-broker.ts";
import { useApp } from "./use-app.ts";

const hostJson = (serviceBus: object): string =>
  JSON.stringify({ version: "2.0", extensions: { serviceBus } });

const queueApp = (handler: string, serviceBus: object = { maxConcurrentCalls: 8 }): Promise<string> =>
  useApp({
    "host.json": hostJson(serviceBus),
    "index.ts": `
      import { app } from "@azure/functions";
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "%QUEUE%", handler: async (body, context) => { ${handler} } });`,
  });

async function useListener(
  broker: ScriptedBroker,
  appRoot: string,
  more: object = {},
): Promise<HostUnderTest> {
  return useHost({ appRoot, settings: { Bus: broker.connectionString, QUEUE: "work" }, ...more });
}

const settledAll = (broker: ScriptedBroker, count: number) =>
  eventually(() => (broker.settled.length >= count ? true : undefined));

const logged = (host: HostUnderTest): unknown[] =>
  host.lines
    .filter(({ event }) => event === "function log")
    .map(({ facts }): unknown => JSON.parse(String(facts["message"])));

test("a function that returns completes its message, one that throws abandons it at once", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(broker, await queueApp('if (body.bad) throw new Error("bad one");'));

  await broker.deliver([jsonMessage("m1", { bad: false }), jsonMessage("m2", { bad: true })]);
  await settledAll(broker, 2);

  expect(broker.settled.toSorted((a, b) => a.messageId.localeCompare(b.messageId))).toEqual([
    { messageId: "m1", outcome: "accepted" },
    { messageId: "m2", outcome: "modified" },
  ]);
  const failures = host.lines.filter(({ event }) => event === "invocation failed");
  expect(failures.map(({ facts }) => facts["error"])).toEqual(["Error: bad one"]);
});

test("the handler gets the body, and metadata with the host's traps and all", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(
    broker,
    await queueApp("context.log(JSON.stringify({ body, metadata: context.triggerMetadata }));"),
  );
  const body = {
    messageId: "EVIL",
    deliveryCount: 99,
    urgent: true,
    nested: { Deep: 1 },
    list: [1],
    none: null,
  };

  await broker.deliver([
    jsonMessage(
      "12345678901234567890",
      { a: 1 },
      {
        correlation_id: "true",
        subject: "order.placed",
        application_properties: { TenantId: "t1", "Diagnostic-Id": "d" },
      },
    ),
  ]);
  await settledAll(broker, 1);
  await broker.deliver([jsonMessage("m2", body)]);
  await settledAll(broker, 2);

  expect(logged(host)).toEqual([
    {
      body: { a: 1 },
      metadata: expect.objectContaining({
        messageId: 12345678901234567000, // an id of digits is mangled, as on Azure
        correlationId: true,
        deliveryCount: 1,
        sequenceNumber: 1,
        subject: "order.placed",
        label: "order.placed",
        applicationProperties: { tenantId: "t1", "diagnostic-Id": "d" },
        userProperties: { tenantId: "t1", "diagnostic-Id": "d" },
        lockToken: expect.any(String),
        enqueuedTimeUtc: expect.stringMatching(/Z$/),
        a: 1,
      }),
    },
    {
      body,
      metadata: expect.objectContaining({
        messageId: "EVIL", // top-level properties of the body replace the system's values
        deliveryCount: 99,
        urgent: "True",
        nested: { deep: 1 },
      }),
    },
  ]);
  expect(logged(host)[1]).not.toHaveProperty("metadata.list");
});

test("a body that is no JSON arrives as text, and as Buffer where the trigger asks for binary", async () => {
  const broker = await useScriptedBroker();
  const appRoot = await useApp({
    "index.ts": `
      import { app, trigger } from "@azure/functions";
      app.serviceBusQueue("text", { connection: "Bus", queueName: "work", dataType: "binary", handler: (body, context) => {
        context.log(JSON.stringify({ isBuffer: Buffer.isBuffer(body), text: String(body) }));
      } } as never);`,
  });
  const host = await useListener(broker, appRoot);

  await broker.deliver([jsonMessage("m1", "plain")]);
  await settledAll(broker, 1);

  expect(logged(host)).toEqual([{ isBuffer: true, text: '"plain"' }]);
});

test.for(["traceparent", "Diagnostic-Id"])(
  "the trace in a message's %s goes on in the function",
  async (property) => {
    const broker = await useScriptedBroker();
    const host = await useListener(
      broker,
      await queueApp("context.log(JSON.stringify(context.traceContext.traceParent));"),
    );
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    await broker.deliver([jsonMessage("m1", {}, { application_properties: { [property]: trace } })]);
    await settledAll(broker, 1);

    expect(logged(host)[0]).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    );
  },
);

test("no more than maxConcurrentCalls run at a time, prefetched messages wait their turn", async () => {
  const broker = await useScriptedBroker();
  const handler = `
    globalThis.running = (globalThis.running ?? 0) + 1;
    context.log(JSON.stringify(globalThis.running));
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.running -= 1;`;
  const host = await useListener(
    broker,
    await queueApp(handler, { maxConcurrentCalls: 2, prefetchCount: 10 }),
  );

  await broker.deliver(Array.from({ length: 12 }, (_, index) => jsonMessage(`m${index}`, {})));
  await settledAll(broker, 12);

  expect(Math.max(...logged(host).map(Number))).toBe(2);
});

test("a worker that dies gives its messages back at once", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(
    broker,
    await queueApp("if (body.die) process.exit(9); await new Promise(() => {});"),
  );

  await broker.deliver([jsonMessage("m1", {}), jsonMessage("m2", { die: true })]);
  await settledAll(broker, 2);

  expect(broker.settled.map(({ outcome }) => outcome)).toEqual(["modified", "modified"]);
  expect(host.lines.find(({ event }) => event === "worker exited")?.facts).toMatchObject({
    group: "background",
  });
});

test("a lock is renewed ten seconds before it runs out, for as long as the function may hold it", async () => {
  const clock = createHandClock(Date.now());
  const broker = await useScriptedBroker(() => clock.now());
  const settings = { maxConcurrentCalls: 1, maxAutoLockRenewalDuration: "00:01:00" };
  const handler = `
    const { existsSync } = await import("node:fs");
    context.log("0");
    while (!existsSync(body.gate)) await new Promise((resolve) => setTimeout(resolve, 10));`;
  const host = await useListener(broker, await queueApp(handler, settings), { clock });
  const gate = join(host.dataFolder, "gate");
  const renewed = (count: number) => eventually(() => (broker.renewals.length === count ? true : undefined));

  await broker.deliver([jsonMessage("m1", { gate })]); // locked for 30 s
  await eventually(() => (logged(host).length > 0 ? true : undefined));
  await clock.advance(19_000);
  expect(broker.renewals).toHaveLength(0);
  await clock.advance(1000);
  await renewed(1);
  await eventually(() => (clock.pending > 0 ? true : undefined));
  await clock.advance(20_000);
  await renewed(2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await clock.advance(3_600_000);
  await writeFile(gate, "");
  await settledAll(broker, 1);

  expect(broker.renewals).toHaveLength(2); // a third would be after the minute that host.json allows
  expect(clock.pending).toBe(0);
});

test("stopping waits for running functions and settles their messages", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(
    broker,
    await queueApp('context.log("0"); await new Promise((resolve) => setTimeout(resolve, 500));'),
  );
  await broker.deliver([jsonMessage("m1", {})]);
  await eventually(() => (logged(host).length > 0 ? true : undefined));

  await host.stop();

  expect(broker.settled).toEqual([{ messageId: "m1", outcome: "accepted" }]);
});

test("stopping gives back what will not finish in time", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(broker, await queueApp('context.log("0"); await new Promise(() => {});'), {
    drainMs: 200,
  });
  await broker.deliver([jsonMessage("m1", {})]);
  await eventually(() => (logged(host).length > 0 ? true : undefined));

  await host.stop();

  expect(broker.settled).toEqual([{ messageId: "m1", outcome: "modified" }]);
});

test("a broker that goes and comes back is listened to again within seconds, with two lines in the log", async () => {
  const broker = await useScriptedBroker();
  const host = await useListener(broker, await queueApp(""));
  await broker.deliver([jsonMessage("m1", {})]);
  await settledAll(broker, 1);

  await broker.kill();
  await new Promise((resolve) => setTimeout(resolve, 1800));
  const back = Date.now();
  await broker.restart();
  await broker.deliver([jsonMessage("m2", {})]);
  await settledAll(broker, 2);

  expect(Date.now() - back).toBeLessThan(2000);
  const events = host.lines.map(({ event }) => event).filter((event) => event.startsWith("listener"));
  expect(events).toEqual(["listener down", "listener recovered"]);
});
