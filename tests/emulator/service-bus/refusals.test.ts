import { expect, test, vi } from "vitest";
import { newClient, openBus, queue, topic } from "./open-bus.ts";
import { rawCoordinator } from "./raw-client.ts";

test("an unknown queue is told as such, to senders and receivers", async () => {
  const { client } = await openBus();
  await expect(client.createSender("nowhere").sendMessages({ body: 1 })).rejects.toMatchObject({
    code: "MessagingEntityNotFound",
    message: expect.stringMatching(
      /^The messaging entity 'sb:\/\/localhost:\d+\/nowhere' could not be found/,
    ),
  });
  await expect(client.createReceiver("nowhere").receiveMessages(1)).rejects.toMatchObject({
    code: "MessagingEntityNotFound",
  });
});

test("a wrong key opens nothing", async () => {
  const { server } = await openBus();
  const client = newClient(server.connectionString.replace("a-key-for-tests-only", "another-key"));
  const failure: unknown = await client
    .createSender("work")
    .sendMessages({ body: 1 })
    .catch((error: unknown) => error);
  const codes =
    failure instanceof AggregateError ? failure.errors.map((one: { code?: string }) => one.code) : [failure];
  expect(codes).toContain("UnauthorizedAccess");
});

test("a key that may only listen cannot send, and one that may only send cannot listen", async () => {
  const bus = await openBus({
    keys: [
      { name: "listener", key: "listen-key", claims: ["Listen"] },
      { name: "sender", key: "send-key", claims: ["Send"] },
    ],
  });
  const as = (name: string, key: string) =>
    newClient(
      bus.server.connectionString
        .replace("RootManageSharedAccessKey", name)
        .replace("a-key-for-tests-only", key),
      { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 2000 },
    );
  await as("sender", "send-key").createSender("work").sendMessages({ body: 1 });
  const [message] = await as("listener", "listen-key")
    .createReceiver("work")
    .receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.body).toBe(1);

  await expect(as("sender", "send-key").createReceiver("work").receiveMessages(1)).rejects.toMatchObject({
    code: "UnauthorizedAccess",
    message: expect.stringContaining("'Listen' claim"),
  });
  await expect(as("listener", "listen-key").createSender("work").sendMessages({ body: 2 })).rejects.toThrow(
    /'Send' claim/u,
  );
  expect(await bus.client.createReceiver("work").peekMessages(5)).toHaveLength(1);
});

test("a message that is too large is refused and the sender goes on working", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  await sender.sendMessages({ body: "small" });
  await expect(sender.sendMessages({ body: "x".repeat(300_000) })).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
  const tooMany = Array.from({ length: 20 }, () => ({ body: "x".repeat(100_000) }));
  await expect(sender.sendMessages(tooMany)).rejects.toMatchObject({ code: "MessageSizeExceeded" });
  await expect(sender.scheduleMessages(tooMany, new Date(Date.now() + 1000))).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
  await sender.sendMessages({ body: "x".repeat(200_000) });
  const [, large] = await client.createReceiver("work").receiveMessages(2, { maxWaitTimeInMs: 1000 });
  expect(large?.body).toHaveLength(200_000);
});

test("a topic has nothing to receive", async () => {
  const { client } = await openBus({ queues: [queue("q")], topics: [topic("t", [])] });
  await expect(client.createReceiver("t").receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toMatchObject(
    {
      message: expect.stringContaining("receive from one of its subscriptions"),
    },
  );
});

test("a transaction is refused by name, and its connection lives on", async () => {
  const { server } = await openBus();
  // rhea itself prints about a terminus that it does not know.
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  expect(await rawCoordinator(server.amqpPort)).toEqual({
    condition: "amqp:not-implemented",
    description: "A sender needs an address; transactions are not supported.",
  });
  expect(warned).toHaveBeenCalledOnce();
});
