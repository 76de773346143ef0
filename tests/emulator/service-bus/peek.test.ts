import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { openBus } from "./open-bus.ts";

test("peeks follow each other through any number of messages of any size, in order and in every state", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  for (let n = 0; n < 1500; n += 500)
    await sender.sendMessages(Array.from({ length: 500 }, (_, k) => ({ body: n + k })));
  const body = Buffer.alloc(60_000);
  for (let n = 0; n < 10; n++) await sender.sendMessages({ body });
  const receiver = client.createReceiver("work");
  const [locked, deferred] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.deferMessage(deferred!);
  await sender.scheduleMessages({ body: "later" }, new Date(Date.now() + 3_600_000));

  const seen: (number | undefined)[] = [];
  const states = new Set<string>();
  for (;;) {
    const page = await receiver.peekMessages(2000);
    if (page.length === 0) break;
    seen.push(...page.map(({ sequenceNumber }) => sequenceNumber?.toNumber()));
    for (const { state, lockToken } of page) {
      states.add(state);
      expect(lockToken).toBeUndefined();
    }
  }
  expect(seen).toEqual(Array.from({ length: 1511 }, (_, at) => at + 1));
  expect([...states].toSorted()).toEqual(["active", "deferred", "scheduled"]);
  await receiver.completeMessage(locked!);
});

test("an entity that was deleted and created anew is new to whoever still uses it", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  const sender = bus.client.createSender("work");
  const receiver = bus.client.createReceiver("work");
  await sender.sendMessages([{ body: "old" }, { body: "gone with it" }]);
  await receiver.peekMessages(1);
  const [old] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await admin.deleteQueue("work");
  await admin.createQueue("work", { requiresSession: false });
  await expect(receiver.completeMessage(old!)).rejects.toBeDefined();
  await sender.sendMessages({ body: "new" });
  // The client itself would go on behind what it saw of the old one.
  const fromSequenceNumber = old!.sequenceNumber!;
  const peeked = await receiver.peekMessages(5, { fromSequenceNumber });
  expect(peeked.map(({ body, sequenceNumber }) => [body, sequenceNumber?.toNumber()])).toEqual([["new", 1]]);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.completeMessage(message!);
});
