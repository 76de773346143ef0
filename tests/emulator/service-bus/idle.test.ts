import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { administration } from "./administration-client.ts";
import { openBus } from "./open-bus.ts";

const MINUTE = 60_000;

test("an entity that nobody uses for its idle time is deleted, one in use is not", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock });
  const admin = administration(bus);
  for (const name of ["idle", "sent-to", "listened-to"])
    await admin.createQueue(name, { autoDeleteOnIdle: "PT5M" });
  expect((await admin.getQueue("idle")).autoDeleteOnIdle).toBe("PT5M");
  bus.client
    .createReceiver("listened-to")
    .subscribe({ processMessage: async () => undefined, processError: async () => undefined });
  for (let minute = 0; minute < 7; minute++) {
    await bus.client.createSender("sent-to").sendMessages({ body: minute });
    await clock.advance(MINUTE);
  }
  await expect.poll(() => admin.queueExists("idle")).toBe(false);
  expect(await admin.queueExists("sent-to")).toBe(true);
  expect(await admin.queueExists("listened-to")).toBe(true);
  expect(await admin.queueExists("work")).toBe(true);
  await clock.advance(7 * MINUTE);
  await expect.poll(() => admin.queueExists("sent-to")).toBe(false);
});

test("a peek, a change and what is forwarded to it keep an entity from being idle", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock });
  const admin = administration(bus);
  const names = ["peeked", "changed", "forwarded-to", "looked-at"];
  for (const name of names) await admin.createQueue(name, { autoDeleteOnIdle: "PT5M" });
  await admin.createQueue("source", { forwardTo: "forwarded-to" });
  for (let minute = 0; minute < 7; minute++) {
    await bus.client.createReceiver("peeked").peekMessages(1);
    await admin.updateQueue({ ...(await admin.getQueue("changed")), maxDeliveryCount: 1 + minute });
    await bus.client.createSender("source").sendMessages({ body: minute });
    await admin.queueExists("looked-at");
    await clock.advance(MINUTE);
  }
  await expect.poll(() => admin.queueExists("looked-at")).toBe(false);
  for (const name of ["peeked", "changed", "forwarded-to"])
    expect(await admin.queueExists(name), name).toBe(true);
});

test("an entity that forwards or has scheduled messages is never idle, a subscription that only collects is", async () => {
  const clock = createHandClock(Date.now());
  const bus = await openBus({ clock });
  const admin = administration(bus);
  const autoDeleteOnIdle = "PT5M";
  await admin.createQueue("scheduled", { autoDeleteOnIdle });
  expect(
    (await admin.createQueue("forwards", { autoDeleteOnIdle, forwardTo: "work" })).autoDeleteOnIdle,
  ).toBe("P10675199DT2H48M5.4775807S");
  await admin.createTopic("news");
  await admin.createSubscription("news", "collects", { autoDeleteOnIdle });
  await admin.createSubscription("news", "has-new-rules", { autoDeleteOnIdle });
  const sender = bus.client.createSender("scheduled");
  const [number] = await sender.scheduleMessages({ body: 1 }, new Date(clock.now() + 60 * MINUTE));
  for (let minute = 0; minute < 7; minute++) {
    await bus.client.createSender("news").sendMessages({ body: minute });
    await admin.createRule("news", "has-new-rules", `rule-${minute}`, { sqlExpression: "a = 1" });
    await clock.advance(MINUTE);
  }
  await expect.poll(() => admin.subscriptionExists("news", "collects")).toBe(false);
  expect(await admin.subscriptionExists("news", "has-new-rules")).toBe(true);
  expect(await admin.queueExists("scheduled")).toBe(true);
  expect(await admin.queueExists("forwards")).toBe(true);

  await sender.cancelScheduledMessages(number!);
  for (let minute = 0; minute < 7; minute++) await clock.advance(MINUTE);
  await expect.poll(() => admin.queueExists("scheduled")).toBe(false);
});
