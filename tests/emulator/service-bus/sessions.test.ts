import type { ServiceBusSessionReceiver } from "@azure/service-bus";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { newClient } from "./open-bus.ts";
import { rawRequest } from "./raw-client.ts";
import { noRenewal, openTalks, said } from "./open-talks.ts";

async function take(receiver: ServiceBusSessionReceiver, count: number) {
  return await receiver.receiveMessages(count, { maxWaitTimeInMs: 500 });
}

test("a session is accepted by its name and brings its own messages only, in order", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages([...said("a", 1), ...said("b", 2), ...said("a", 3)]);

  const receiver = await client.acceptSession("talks", "a");
  expect(receiver.sessionId).toBe("a");
  expect(receiver.sessionLockedUntilUtc.getTime()).toBeGreaterThan(Date.now() + 20_000);
  const messages = await take(receiver, 5);
  expect(messages.map(({ body, sessionId }) => [body, sessionId])).toEqual([
    [1, "a"],
    [3, "a"],
  ]);
  expect(messages[0]?.lockedUntilUtc).toEqual(receiver.sessionLockedUntilUtc);
  for (const message of messages) await receiver.completeMessage(message);
  expect((await receiver.peekMessages(5)).map(({ body }) => Number(body))).toEqual([]);
});

test("a session without messages can be accepted too", async () => {
  const { client } = await openTalks();
  const empty = await client.acceptSession("talks", "nobody spoke yet");
  expect(empty.sessionId).toBe("nobody spoke yet");
  await client.createSender("talks").sendMessages(said("nobody spoke yet", 1));
  expect(await take(empty, 1)).toHaveLength(1);
});

test("a held session is refused to others until it is closed, and its messages keep their count", async () => {
  const { client, server } = await openTalks();
  await client.createSender("talks").sendMessages(said("a", 1, 2));
  const first = await client.acceptSession("talks", "a");
  const [message] = await take(first, 1);
  const other = newClient(server.connectionString);
  await expect(other.acceptSession("talks", "a")).rejects.toMatchObject({ code: "SessionCannotBeLocked" });

  await first.close();
  const second = await other.acceptSession("talks", "a");
  const again = await take(second, 2);
  expect(again.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 0],
    [2, 0],
  ]);
  expect(again[0]?.sequenceNumber).toEqual(message?.sequenceNumber);
});

test("a client that closes frees its sessions at once", async () => {
  const { client, server } = await openTalks();
  await client.createSender("talks").sendMessages(said("a", 1));
  const other = newClient(server.connectionString);
  await take(await other.acceptSession("talks", "a"), 1);
  await other.close();

  const receiver = await client.acceptNextSession("talks");
  expect((await take(receiver, 1))[0]?.deliveryCount).toBe(0);
});

test("the next session waits for one to speak, up to the time the client gives", async () => {
  const { client, server } = await openTalks();
  const hasty = newClient(server.connectionString, { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 1500 });
  await expect(hasty.acceptNextSession("talks")).rejects.toMatchObject({ code: "ServiceTimeout" });

  const accepting = client.acceptNextSession("talks");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await client.createSender("talks").sendMessages(said("late", 7));
  const receiver = await accepting;
  expect(receiver.sessionId).toBe("late");
  expect((await take(receiver, 1))[0]?.body).toBe(7);
});

test("a renewed session lock lasts from now", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openTalks({ clock });
  await client.createSender("talks").sendMessages(said("a", 1));
  const receiver = await client.acceptSession("talks", "a", noRenewal);
  const [message] = await take(receiver, 1);
  await clock.advance(20_000);
  const until = await receiver.renewSessionLock();
  expect(until.getTime()).toBe(clock.now() + 30_000);
  await clock.advance(20_000);
  await receiver.completeMessage(message!);
  expect(await receiver.peekMessages(1)).toEqual([]);
});

test("a session lock that ran out ends the receiver and costs its messages an attempt", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openTalks({ clock });
  await client.createSender("talks").sendMessages(said("a", 1, 2));
  const receiver = await client.acceptSession("talks", "a", noRenewal);
  const [message] = await take(receiver, 1);
  const failed = Promise.withResolvers<string>();
  const second = Promise.withResolvers<void>();
  receiver.subscribe(
    {
      processMessage: async () => second.resolve(),
      processError: async ({ error }) => failed.resolve("code" in error ? error.code : error.message),
    },
    { autoCompleteMessages: false },
  );
  await second.promise;
  await clock.advance(31_000);
  expect(await failed.promise).toBe("SessionLockLost");
  await expect(receiver.completeMessage(message!)).rejects.toMatchObject({ code: "SessionLockLost" });
  await expect(receiver.setSessionState("mine")).rejects.toBeDefined();

  const next = await client.acceptSession("talks", "a", noRenewal);
  expect((await take(next, 2)).map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test("a session's order holds after an abandon", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages(said("a", 1, 2, 3));
  const receiver = await client.acceptSession("talks", "a");
  const [first, second] = await take(receiver, 2);
  await receiver.abandonMessage(second!);
  await receiver.abandonMessage(first!);
  const again = await take(receiver, 3);
  expect(again.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 1],
    [2, 1],
    [3, 0],
  ]);
});

test("a session's state is kept for the next holder, also after a restart", async () => {
  const bus = await openTalks();
  const receiver = await bus.client.acceptSession("talks", "a");
  expect(await receiver.getSessionState()).toBeNull();
  await receiver.setSessionState({ step: 3, note: "half way" });
  expect(await receiver.getSessionState()).toEqual({ step: 3, note: "half way" });

  const { client } = await bus.restart();
  const later = await client.acceptSession("talks", "a");
  expect(await later.getSessionState()).toEqual({ step: 3, note: "half way" });
  await later.setSessionState(null);
  expect(await later.getSessionState()).toBeNull();
  const other = await client.acceptSession("talks", "b");
  expect(await other.getSessionState()).toBeNull();
});

test("deferred messages belong to their session, and so do peeks", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages([...said("a", 1, 2), ...said("b", 3)]);
  const receiver = await client.acceptSession("talks", "a");
  const [message] = await take(receiver, 1);
  await receiver.deferMessage(message!);
  expect((await receiver.peekMessages(5)).map(({ body, state }) => [body, state])).toEqual([
    [1, "deferred"],
    [2, "active"],
  ]);

  const other = await client.acceptSession("talks", "b");
  await expect(other.receiveDeferredMessages(message!.sequenceNumber!)).rejects.toMatchObject({
    code: "MessageNotFound",
  });
  const [deferred] = await receiver.receiveDeferredMessages(message!.sequenceNumber!);
  expect(deferred).toMatchObject({ body: 1, deliveryCount: 1, sessionId: "a" });
  await receiver.completeMessage(deferred!);
  const left = await receiver.peekMessages(5, { fromSequenceNumber: message!.sequenceNumber! });
  expect(left.map(({ body }) => Number(body))).toEqual([2]);
});

test("the dead letters of a session queue are received without a session", async () => {
  const { client } = await openTalks({}, { maxDeliveryCount: 1 });
  await client.createSender("talks").sendMessages(said("a", 1, 2));
  const receiver = await client.acceptSession("talks", "a");
  const [first, second] = await take(receiver, 2);
  await receiver.deadLetterMessage(first!, {
    deadLetterReason: "because",
    deadLetterErrorDescription: "it was",
  });
  await receiver.abandonMessage(second!);

  const deadLetters = client.createReceiver("talks", { subQueueType: "deadLetter" });
  const dead = await deadLetters.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(dead.map(({ body, sessionId, deadLetterReason }) => [body, sessionId, deadLetterReason])).toEqual([
    [1, "a", "because"],
    [2, "a", "MaxDeliveryCountExceeded"],
  ]);
  for (const message of dead) await deadLetters.completeMessage(message);
});

test("receiveAndDelete works by session", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages([...said("a", 1, 2, 3), ...said("b", 4)]);
  const receiver = await client.acceptSession("talks", "a", { receiveMode: "receiveAndDelete" });
  expect((await take(receiver, 3)).map(({ body }) => Number(body))).toEqual([1, 2, 3]);
  await receiver.close();
  const next = await client.acceptNextSession("talks");
  expect(next.sessionId).toBe("b");
});

test("the wrong mode is refused: no session id, no session receiver, no session queue", async () => {
  const { client } = await openTalks();
  await expect(client.createSender("talks").sendMessages({ body: 1 })).rejects.toMatchObject({
    message: expect.stringContaining("SessionId was not set"),
  });
  await expect(
    client.createSender("talks").scheduleMessages({ body: 1 }, new Date(Date.now() + 60_000)),
  ).rejects.toThrow(/SessionId was not set/);
  await expect(
    client.createReceiver("talks").receiveMessages(1, { maxWaitTimeInMs: 500 }),
  ).rejects.toMatchObject({ message: expect.stringContaining("requires sessions") });
  await expect(client.acceptNextSession("work")).rejects.toMatchObject({
    message: expect.stringContaining("does not require sessions"),
  });
});

test("a scheduled message reaches its session at its time", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openTalks({ clock });
  await client.createSender("talks").scheduleMessages(said("a", 1), new Date(clock.now() + 20_000));
  const receiver = await client.acceptSession("talks", "a", noRenewal);
  await clock.advance(20_000);
  expect((await take(receiver, 1))[0]?.body).toBe(1);
});

test("the sessions that were touched since a time are listed", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages([...said("b", 1), ...said("a", 2)]);
  const quiet = await client.acceptSession("talks", "c");
  await quiet.setSessionState("here");
  // Not public in this version of the client, but its management client knows the operation.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const inner = client as unknown as {
    _connectionContext: {
      getManagementClient(path: string): {
        listMessageSessions(skip: number, top: number, since?: Date): Promise<string[]>;
      };
    };
  };
  // oxlint-disable-next-line eslint/no-underscore-dangle -- the name is the client's
  const management = inner._connectionContext.getManagementClient("talks");
  expect(await management.listMessageSessions(0, 10, new Date(0))).toEqual(["a", "b", "c"]);
  expect(await management.listMessageSessions(1, 1, new Date(0))).toEqual(["b"]);
  expect(await management.listMessageSessions(0, 10, new Date(Date.now() + 60_000))).toEqual([]);
});

test("the oldest messages of all sessions are deleted in batches, what somebody holds is not", async () => {
  const { client, server } = await openTalks();
  await client.createSender("talks").sendMessages([...said("a", 1, 2, 3), ...said("b", 4, 5)]);
  const receiver = await client.acceptSession("talks", "a");
  const [held] = await take(receiver, 1);
  const ask = async (count: number) =>
    await rawRequest(server.amqpPort, "talks", "com.microsoft:batch-delete-messages", (wrap) => ({
      "message-count": wrap.wrap_int(count),
      "enqueued-time-utc": wrap.wrap_timestamp(Date.now() + 1000),
    }));
  // Number 2 is in the hands of the session's holder's window, 4 in nobody's.
  expect(await ask(3)).toEqual({ status: 200, body: { "message-count": 3 } });
  await receiver.completeMessage(held!);
  expect(await take(receiver, 5)).toEqual([]);
  await receiver.close();
  const next = await client.acceptNextSession("talks");
  expect(next.sessionId).toBe("b");
  expect((await take(next, 5)).map(({ body }) => Number(body))).toEqual([5]);
});
