import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { newClient } from "./open-bus.ts";
import { openTalks, said } from "./open-talks.ts";

test("everything that a live client has open goes on after the broker was away, but for the locks", async () => {
  const bus = await openTalks();
  const { client } = bus;
  const admin = administration(bus);
  await admin.createTopic("news");
  await admin.createSubscription("news", "mine");
  const sender = client.createSender("work");
  const receiver = client.createReceiver("work");
  const talks = client.createSender("talks");
  const rules = client.createRuleManager("news", "mine");
  await sender.sendMessages([{ body: "held" }, { body: "next" }]);
  const [held] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await talks.sendMessages(said("a", 1));
  const session = await client.acceptSession("talks", "a");
  const [spoken] = await session.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await session.setSessionState({ step: 1 });
  const [number] = await sender.scheduleMessages({ body: "later" }, new Date(Date.now() + 3_600_000));
  await rules.createRule("mine", { sqlExpression: "a = 1" });

  await bus.restart({ keepClient: true, amqpPort: bus.server.amqpPort });

  const lost = async (work: (message: ServiceBusReceivedMessage) => Promise<void>, message: unknown) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- received above
    await work(message as ServiceBusReceivedMessage).then(
      () => "settled",
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
    );
  expect(await lost((message) => receiver.completeMessage(message), held)).toBe("MessageLockLost");
  expect(await lost((message) => session.completeMessage(message), spoken)).toBe("SessionLockLost");
  await sender.sendMessages({ body: "after" });
  const messages = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2000 });
  expect(messages.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    ["held", 0],
    ["next", 0],
    ["after", 0],
  ]);
  for (const message of messages) await receiver.completeMessage(message);
  await sender.cancelScheduledMessages(number!);
  const again = await client.acceptSession("talks", "a");
  expect(await again.getSessionState()).toEqual({ step: 1 });
  expect((await again.receiveMessages(1, { maxWaitTimeInMs: 1000 }))[0]).toMatchObject({ body: 1 });
  const names: string[] = [];
  for await (const { name } of rules.listRules()) names.push(name);
  expect(names).toEqual(["$Default", "mine"]);
  expect(await receiver.peekMessages(5)).toEqual([]);
});

/** Ends a client's connection as a pulled cable does, without a word to anybody. */
function cut(client: ServiceBusClient): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the way down to the socket is not public
  const inner = client as unknown as {
    _connectionContext: { connection: { _connection: { socket: { destroy(): void } } } };
  };
  // oxlint-disable-next-line eslint/no-underscore-dangle -- the names are the client's
  inner._connectionContext.connection._connection.socket.destroy();
}

test("a connection that is cut frees its sessions, and its place among the receivers", async () => {
  const { client, server } = await openTalks();
  const lost = newClient(server.connectionString, {
    maxRetries: 0,
    retryDelayInMs: 60_000,
    timeoutInMs: 2000,
  });
  await client.createSender("talks").sendMessages(said("a", 1));
  const session = await lost.acceptSession("talks", "a");
  await session.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  // It waits for far more than will come, and the client may take long to see that nothing does.
  void lost
    .createReceiver("work")
    .receiveMessages(100, { maxWaitTimeInMs: 20_000 })
    .catch(() => []);
  await new Promise((resolve) => setTimeout(resolve, 300));
  cut(lost);

  const next = await client.acceptNextSession("talks");
  expect((await next.receiveMessages(1, { maxWaitTimeInMs: 1000 }))[0]).toMatchObject({
    body: 1,
    deliveryCount: 0,
  });
  const receiver = client.createReceiver("work");
  await client.createSender("work").sendMessages(Array.from({ length: 20 }, (_, body) => ({ body })));
  expect(await receiver.receiveMessages(20, { maxWaitTimeInMs: 2000 })).toHaveLength(20);
});
