import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { SettlementGate } from "#local/functions-host/service-bus/settlement-gate.ts";
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
