import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { administration } from "./administration-client.ts";
import { type Bus, newClient } from "./open-bus.ts";
import { openTalks, said } from "./open-talks.ts";

/** Keeps the broker from writing anything while `work` runs, as a full or failing disk would. */
async function withoutDisk<T>({ dataFolder }: Bus, work: () => Promise<T>): Promise<T> {
  const other = new DatabaseSync(join(dataFolder, "service-bus.sqlite"));
  onTestFinished(() => void (other.isOpen && other.close()));
  other.exec("BEGIN IMMEDIATE");
  try {
    return await work();
  } finally {
    other.close();
  }
}

test("what is not on the disk is acknowledged to nobody, and nothing has changed when it failed", async () => {
  const bus = await openTalks();
  const admin = administration(bus);
  await admin.createTopic("news");
  await admin.createSubscription("news", "mine");
  const client = newClient(bus.server.connectionString, {
    maxRetries: 0,
    retryDelayInMs: 10,
    timeoutInMs: 3000,
  });
  const sender = client.createSender("work");
  const receiver = client.createReceiver("work");
  const at = new Date(Date.now() + 3_600_000);
  await sender.sendMessages([1, 2, 3, 4, 5].map((body) => ({ body })));
  const held = await receiver.receiveMessages(5, { maxWaitTimeInMs: 1000 });
  await receiver.deferMessage(held[4]!);
  const [number] = await sender.scheduleMessages({ body: "scheduled" }, at);
  await client.createSender("talks").sendMessages(said("a", 1));
  const session = await client.acceptSession("talks", "a");
  await session.setSessionState("before");
  const rules = client.createRuleManager("news", "mine");
  const taker = client.createReceiver("work", { receiveMode: "receiveAndDelete" });

  const settle = (index: number, how: (message: ServiceBusReceivedMessage) => Promise<void>) => () =>
    how(held[index]!);
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["send", () => sender.sendMessages({ body: 6 })],
    ["send a batch", () => sender.sendMessages([{ body: 6 }, { body: 7 }])],
    ["publish", () => client.createSender("news").sendMessages({ body: 6 })],
    ["complete", settle(0, (message) => receiver.completeMessage(message))],
    ["abandon", settle(1, (message) => receiver.abandonMessage(message))],
    ["defer", settle(2, (message) => receiver.deferMessage(message))],
    ["dead-letter", settle(3, (message) => receiver.deadLetterMessage(message))],
    ["take a deferred one", () => taker.receiveDeferredMessages(held[4]!.sequenceNumber!)],
    ["schedule", () => sender.scheduleMessages({ body: 6 }, at)],
    ["cancel", () => sender.cancelScheduledMessages(number!)],
    ["set a state", () => session.setSessionState("after")],
    ["create a rule", () => rules.createRule("new", { subject: "x" })],
    ["delete a rule", () => rules.deleteRule("$Default")],
  ];
  await withoutDisk(bus, async () => {
    for (const [name, attempt] of attempts) {
      await expect(attempt(), name).rejects.toMatchObject({
        message: expect.stringContaining("could not carry out the operation"),
      });
    }
  });

  expect(await session.getSessionState()).toBe("before");
  const names: string[] = [];
  for await (const { name } of rules.listRules()) names.push(name);
  expect(names).toEqual(["$Default"]);
  const peeked = await receiver.peekMessages(20);
  expect(peeked.map(({ body, state, deliveryCount }) => [body, state, deliveryCount])).toEqual([
    [1, "active", 0],
    [2, "active", 0],
    [3, "active", 0],
    [4, "active", 0],
    [5, "deferred", 1],
    ["scheduled", "scheduled", 0],
  ]);
  expect(await client.createReceiver("news", "mine").peekMessages(1)).toEqual([]);
  await sender.sendMessages({ body: 6 });
  await sender.cancelScheduledMessages(number!);
  await session.setSessionState("after");
  expect(await session.getSessionState()).toBe("after");
});
