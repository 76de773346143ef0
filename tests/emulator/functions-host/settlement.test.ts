import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { parseHostJson } from "#local/functions-host/app/host-json.ts";
import { ServiceBusListener } from "#local/functions-host/service-bus/listener.ts";
import { SettlementGate } from "#local/functions-host/service-bus/settlement-gate.ts";
import type { InvocationResponse } from "#local/functions-host/worker/wire.ts";
import { eventually } from "./host-under-test.ts";
import { jsonMessage, type ScriptedBroker, useScriptedBroker } from "./scripted-broker.ts";

/** Two neighbours of one link, received but not settled. */
async function twoNeighbours(broker: ScriptedBroker) {
  const client = new ServiceBusClient(broker.connectionString);
  const receiver = client.createReceiver("work");
  const messages: ServiceBusReceivedMessage[] = [];
  receiver.subscribe(
    {
      processMessage: (message) => new Promise<never>(() => void messages.push(message)),
      processError: () => Promise.resolve(),
    },
    { autoCompleteMessages: false, maxConcurrentCalls: 2 },
  );
  await broker.deliver([jsonMessage("good", {}), jsonMessage("bad", {})]);
  const [good, bad] = await eventually(() => (messages.length === 2 ? messages : undefined));
  if (good === undefined || bad === undefined) throw new Error("unreachable");
  return { client, receiver, good, bad };
}

test("the client itself loses the second of two neighbours settled differently in one turn", async () => {
  const broker = await useScriptedBroker();
  const { client, receiver, good, bad } = await twoNeighbours(broker);

  await Promise.all([receiver.completeMessage(good), receiver.abandonMessage(bad)]);

  // Should this fail one day, the client is mended and SettlementGate can go.
  expect(broker.settled).toEqual([
    { messageId: "good", outcome: "accepted" },
    { messageId: "bad", outcome: "accepted" },
  ]);
  await client.close();
});

test("behind the settlement gate each neighbour gets its own outcome", async () => {
  const broker = await useScriptedBroker();
  const { client, receiver, good, bad } = await twoNeighbours(broker);
  const gate = new SettlementGate();

  await Promise.all([
    gate.settle("complete", () => receiver.completeMessage(good)),
    gate.settle("abandon", () => receiver.abandonMessage(bad)),
  ]);

  expect(broker.settled).toEqual([
    { messageId: "good", outcome: "accepted" },
    { messageId: "bad", outcome: "modified" },
  ]);
  await client.close();
});

test("a listener whose functions end in the same turn, one well and one not, settles each as it ended", async () => {
  const broker = await useScriptedBroker();
  const client = new ServiceBusClient(broker.connectionString);
  const ends: PromiseWithResolvers<InvocationResponse>[] = [];
  const listener = new ServiceBusListener(
    {
      name: "f",
      triggerName: "t",
      trigger: "serviceBus",
      connectionString: broker.connectionString,
      entity: { queue: "work" },
      binary: false,
      batches: false,
      sessions: false,
      autoComplete: undefined,
      retry: undefined,
      inputs: [],
      outputs: [],
    },
    {
      client,
      settings: parseHostJson('{ "version": "2.0" }').extensions.serviceBus,
      maxConcurrentCalls: 2,
      clock: realClock,
      log: () => undefined,
      invoke: () => {
        const end = Promise.withResolvers<InvocationResponse>();
        ends.push(end);
        return end.promise;
      },
    },
  );
  await listener.start();
  await broker.deliver([jsonMessage("good", {}), jsonMessage("bad", {})]);
  await eventually(() => (ends.length === 2 ? true : undefined));

  ends[0]?.resolve({ invocationId: "1" });
  ends[1]?.reject(new Error("bad"));
  await eventually(() => (broker.settled.length === 2 ? true : undefined));

  expect(broker.settled).toEqual([
    { messageId: "good", outcome: "accepted" },
    { messageId: "bad", outcome: "modified" },
  ]);
  await listener.stop();
  await client.close();
});
