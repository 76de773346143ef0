import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { openBus, queue } from "./open-bus.ts";

const MINUTE = 60_000;

test("messages without an id get one each, so that none is taken for a copy", async () => {
  const { client } = await openBus({ queues: [queue("work", { requiresDuplicateDetection: true })] });
  const sender = client.createSender("work");
  await sender.sendMessages([{ body: 1 }, { body: 2 }]);
  await sender.sendMessages({ body: 3 });
  const messages = await client.createReceiver("work").receiveMessages(3, { maxWaitTimeInMs: 1000 });
  expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3);
  expect(String(messages[0]?.messageId)).toMatch(/^[0-9a-f]{32}$/);
});

test("a second copy is taken again once the window is over, and scheduled messages count like others", async () => {
  const clock = createHandClock(Date.now());
  const { client } = await openBus({
    clock,
    queues: [
      queue("work", { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: "PT5M" }),
    ],
  });
  const sender = client.createSender("work");
  // The history is tidied up every minute; the window ends when it ends.
  await clock.advance(MINUTE / 2);
  const at = new Date(clock.now() + MINUTE);
  await sender.scheduleMessages({ body: "scheduled first", messageId: "a" }, at);
  await sender.sendMessages({ body: "copy", messageId: "a" });
  await sender.sendMessages({ body: "sent first", messageId: "b" });
  await sender.sendMessages({ body: "scheduled copy", messageId: "b", scheduledEnqueueTimeUtc: at });
  // An id counts as it is written.
  await sender.sendMessages([
    { body: "other case", messageId: "B" },
    { body: "once", messageId: "c" },
    { body: "twice in a batch", messageId: "c" },
  ]);
  await clock.advance(MINUTE);
  const receiver = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  const received = await receiver.receiveMessages(10, { maxWaitTimeInMs: 500 });
  expect(received.map(({ body }) => String(body))).toEqual([
    "sent first",
    "other case",
    "once",
    "scheduled first",
  ]);

  await clock.advance(3 * MINUTE);
  await sender.sendMessages({ body: "still a copy", messageId: "b" });
  await clock.advance(MINUTE + 1000);
  await sender.sendMessages({ body: "news", messageId: "b" });
  const later = await receiver.receiveMessages(10, { maxWaitTimeInMs: 500 });
  expect(later.map(({ body }) => String(body))).toEqual(["news"]);
});
