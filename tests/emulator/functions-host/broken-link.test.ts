import { setTimeout as pause } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { parseHostJson } from "#local/functions-host/app/host-json.ts";
import { ServiceBusListener } from "#local/functions-host/service-bus/listener.ts";
import type { InvocationResponse } from "#local/functions-host/worker/wire.ts";
import { openBus, queue } from "../service-bus/open-bus.ts";
import { eventually } from "./host-under-test.ts";
import { jsonMessage, type ScriptedBroker, useScriptedBroker } from "./scripted-broker.ts";

const MORE_THAN_A_SESSION_TAKES = 2_200;

function createListener(
  connectionString: string,
  maxConcurrentCalls: number,
  invoke: () => Promise<InvocationResponse>,
) {
  const retryOptions = { retryDelayInMs: 50, maxRetries: 1 };
  const client = new ServiceBusClient(connectionString, { retryOptions });
  const events: string[] = [];
  const target = {
    connectionString,
    entity: { queue: "work" },
    binary: false,
    batches: false,
    sessions: false,
    autoComplete: undefined,
    retry: undefined,
    inputs: [],
    outputs: [],
  };
  const listener = new ServiceBusListener(
    { name: "f", triggerName: "t", trigger: "serviceBus", ...target },
    {
      client,
      settings: parseHostJson('{ "version": "2.0" }').extensions.serviceBus,
      maxConcurrentCalls,
      clock: realClock,
      log: (event) => events.push(event),
      invoke,
    },
  );
  onTestFinished(async () => {
    await listener.close();
    await client.close();
  });
  return { listener, events };
}

/** A listener whose functions end when the test says so, in the order in which they were called. */
async function useListener(broker: ScriptedBroker, maxConcurrentCalls: number) {
  const ends: PromiseWithResolvers<InvocationResponse>[] = [];
  const { listener, events } = createListener(broker.connectionString, maxConcurrentCalls, () => {
    const end = Promise.withResolvers<InvocationResponse>();
    ends.push(end);
    return end.promise;
  });
  await listener.start();
  return {
    calls: (count: number) => eventually(() => (ends.length === count ? ends : undefined)),
    unsettled: () => events.filter((event) => event === "settlement failed"),
  };
}

test("a settlement that a broker took with it when it went holds up none on the next connection", async () => {
  const broker = await useScriptedBroker();
  const { calls } = await useListener(broker, 2);
  await broker.deliver([jsonMessage("lost", {})]);
  broker.fallSilent();
  (await calls(1))[0]?.resolve({ invocationId: "1" });
  await eventually(() => (broker.settled.length === 1 ? true : undefined));

  await broker.kill();
  await broker.restart();
  await broker.deliver([jsonMessage("good", {}), jsonMessage("bad", {})]);
  const [, good, bad] = await calls(3);
  good?.resolve({ invocationId: "2" });
  bad?.reject(new Error("bad"));

  await eventually(() => (broker.settled.length === 3 ? true : undefined));
  expect(broker.settled.slice(1)).toEqual([
    { messageId: "good", outcome: "accepted" },
    { messageId: "bad", outcome: "modified" },
  ]);
});

test("a broken connection does not raise the number of messages that are taken at once", async () => {
  const broker = await useScriptedBroker();
  const { calls, unsettled } = await useListener(broker, 2);
  await broker.deliver([jsonMessage("one", {}), jsonMessage("two", {})]);
  const [one, two] = await calls(2);

  await broker.kill();
  await broker.restart();
  await eventually(async () => ((await broker.credit()) === 2 ? true : undefined));
  one?.resolve({ invocationId: "1" });
  two?.resolve({ invocationId: "2" });
  await eventually(() => (unsettled().length === 2 ? true : undefined));
  await broker.deliver([jsonMessage("three", {}), jsonMessage("four", {})]);
  await calls(4);

  expect(await broker.credit()).toBe(0);
});

test("a listener that began while the broker was away takes more messages than a session of the client has room for", async () => {
  const bus = await openBus({ queues: [queue("work")] });
  const { connectionString, amqpPort } = bus.server;
  await bus.server.stop();
  let handled = 0;
  const { listener } = createListener(connectionString, 16, () =>
    Promise.resolve({ invocationId: String(handled++) }),
  );
  const listening = listener.start();
  await pause(1_000);
  const { client } = await bus.restart({ amqpPort });
  await listening;

  const sender = client.createSender("work");
  for (let sent = 0; sent < MORE_THAN_A_SESSION_TAKES; sent += 100) {
    await sender.sendMessages(Array.from({ length: 100 }, (_, index) => ({ body: sent + index })));
  }
  await eventually(() => (handled >= MORE_THAN_A_SESSION_TAKES ? true : undefined), 15_000);
  expect(handled).toBe(MORE_THAN_A_SESSION_TAKES);
}, 30_000);
