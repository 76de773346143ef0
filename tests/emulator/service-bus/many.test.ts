import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { newClient, openBus } from "./open-bus.ts";
import { noRenewal, openTalks } from "./open-talks.ts";

// The official emulator allows 10 connections, 50 entities and 200 receivers.

test("dozens of connections, hundreds of entities and links work side by side", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const names = Array.from({ length: 200 }, (_, n) => `queue-${n}`);
  await Promise.all(names.map((name) => admin.createQueue(name)));
  const clients = Array.from({ length: 40 }, () => newClient(bus.server.connectionString));
  const bodies = await Promise.all(
    names.map(async (name, at) => {
      const client = clients[at % clients.length]!;
      await client.createSender(name).sendMessages({ body: name });
      const receiver = client.createReceiver(name);
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
      await receiver.completeMessage(message!);
      return String(message?.body);
    }),
  );
  expect(bodies).toEqual(names);
  // All of them by one client, each with links of its own.
  await Promise.all(names.map((name) => bus.client.createSender(name).sendMessages({ body: 2 })));
  let received = 0;
  for (const name of names) {
    bus.client.createReceiver(name).subscribe({
      processMessage: async () => void received++,
      processError: async () => undefined,
    });
  }
  await expect.poll(() => received, { timeout: 20_000 }).toBe(names.length);
}, 60_000);

test("one client holds hundreds of sessions at the same time", async () => {
  const { client } = await openTalks();
  const ids = Array.from({ length: 300 }, (_, n) => `s-${n}`);
  await client.createSender("talks").sendMessages(ids.map((sessionId) => ({ body: sessionId, sessionId })));
  const receivers = await Promise.all(ids.map(() => client.acceptNextSession("talks", noRenewal)));
  expect(new Set(receivers.map(({ sessionId }) => sessionId)).size).toBe(ids.length);
  const bodies = await Promise.all(
    receivers.map(async (receiver) => {
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
      await receiver.completeMessage(message!);
      await receiver.close();
      return message?.body === receiver.sessionId;
    }),
  );
  expect(bodies.every(Boolean)).toBe(true);
}, 60_000);
