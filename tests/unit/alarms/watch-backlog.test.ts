import { beforeEach, expect, test } from "vitest";
import { alarmKinds } from "#shared/contracts/watch.ts";
import { newCircuit } from "#shared/contracts/circuit.ts";
import { watchBacklog } from "#shared/use-cases/watch-backlog.ts";
import { CountingTelemetry } from "#shared/adapters/telemetry/counting-telemetry.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let app: MemoryApp;
beforeEach(() => {
  app = createMemoryApp();
});

const runbookUrl = "https://docs.example/operations.md";
const look = () => watchBacklog({ ...app, runbookUrl });
const levels = (metric: string) =>
  app.telemetry.values
    .filter((value) => value.metric === metric)
    .map(({ value, facts }) => [facts["consumer"] ?? facts["kind"], value]);

test("a stopped consumer: a ticket at ten minutes, a page at 30:00 and not at 29:59, over when drained", async () => {
  app.queues.waiting["vendor-notices"] = [app.system.now()];
  const saidAfter = async (ms: number): Promise<readonly string[]> => {
    app.system.advance(ms);
    const before = app.chat.said.length;
    await look();
    return app.chat.said.slice(before);
  };
  expect(await saidAfter(10 * MINUTE)).toEqual([
    `TICKET: vendor-notices: the oldest message has been waiting for 10 minutes; processed in the last ten minutes: 0. ${runbookUrl}#backlog-age`,
  ]);
  expect(await saidAfter(19 * MINUTE + 59 * SECOND)).toEqual([]);
  expect(await saidAfter(SECOND)).toEqual([expect.stringMatching(/^PAGE: vendor-notices: .* 30 minutes; /)]);
  app.queues.waiting = {};
  expect(await saidAfter(MINUTE)).toEqual(["Over: backlog-age of vendor-notices"]);
  expect(app.log.events("warn")).toEqual(["alarm.rings", "alarm.louder", "alarm.over"]);
});

test("what all instances have done in the last ten minutes is in the text", async () => {
  const instances = [1, 2].map(() => new CountingTelemetry(app.telemetry, app.watchStore, app.system));
  for (const instance of instances) {
    for (let n = 0; n < 100; n++) instance.record("messages.handled", 1, { queue: "stock", outcome: "done" });
    instance.record("messages.handled", 1, { queue: "stock", outcome: "retry" });
    await instance.flush();
  }
  app.queues.waiting.stock = [app.system.now() - 11 * MINUTE];
  app.system.advance(MINUTE);
  await look();
  expect(app.chat.said).toEqual([expect.stringContaining("processed in the last ten minutes: 200.")]);
});

test("orders that were valid and refused are counted over all instances, invalid ones are not", async () => {
  const counting = new CountingTelemetry(app.telemetry, app.watchStore, app.system);
  counting.record("orders.accepted", 90);
  counting.record("orders.refused", 500, { status: 422 });
  counting.record("orders.refused", 10, { status: 503 });
  await counting.flush();
  app.system.advance(2 * MINUTE);
  await look();
  expect(app.chat.said).toEqual([expect.stringContaining("10 of 100 valid orders were refused")]);
  // Counted once, not with every look.
  app.system.advance(MINUTE);
  await look();
  const { record } = await app.watchStore.load();
  expect(record?.state.orders.map(({ accepted, failed }) => [accepted, failed])).toContainEqual([90, 10]);
  expect(record?.state.orders.reduce((sum, { failed }) => sum + failed, 0)).toBe(10);
});

test("what cannot be counted now is counted later: an outage of the store is in the burn rate too", async () => {
  let away = true;
  const store: typeof app.watchStore = {
    ...app.watchStore,
    count: (...args) => (away ? Promise.reject(new Error("away")) : app.watchStore.count(...args)),
  };
  const counting = new CountingTelemetry(app.telemetry, store, app.system);
  counting.record("orders.refused", 10, { status: 503 });
  await counting.flush();
  counting.record("orders.refused", 2, { status: 503 });
  away = false;
  await counting.flush();
  app.system.advance(2 * MINUTE);
  await look();
  expect(app.chat.said).toEqual([expect.stringContaining("12 of 12 valid orders were refused")]);
});

test("dead letters of one problem are one alarm, whatever their ids, and are told once", async () => {
  const letter = (order: string) => ({ reason: "Bug", description: `cannot read ${order} of line 17` });
  app.queues.deadLetters["stock"] = [letter("ord_aaaa1"), letter("ord_bbbb2")];
  await look();
  expect(app.chat.said).toEqual([
    expect.stringMatching(
      /TICKET: stock: a problem not seen before, Bug \([0-9a-f]{8}\), 2 dead letters so far/,
    ),
  ]);
  app.system.advance(MINUTE);
  await look();
  expect(app.chat.said).toHaveLength(1);
});

test("a dead letter that nobody decided about since yesterday is a page", async () => {
  app.queues.oldestDeadLetter.stock = app.system.now();
  app.system.advance(24 * 60 * MINUTE);
  await look();
  expect(app.chat.said).toEqual([
    expect.stringContaining("PAGE: stock: nobody has decided about a dead letter for 24 hours"),
  ]);
});

test("attempts of the last quarter of an hour are counted over all instances, older ones are not", async () => {
  for (const attempts of [3, 5]) {
    const counting = new CountingTelemetry(app.telemetry, app.watchStore, app.system);
    for (let n = 0; n < 10; n++)
      counting.record("delivery.attempts", attempts, { channel: "customer-email" });
    await counting.flush();
  }
  app.system.advance(MINUTE);
  await look();
  expect(app.chat.said).toEqual([expect.stringContaining("needed 4.0 attempts (20 told)")]);
  app.system.advance(15 * MINUTE);
  await look();
  expect(app.chat.said.at(-1)).toBe("Over: many-attempts of deliveries");
});

test("an open circuit rings, and its held deliveries are counted", async () => {
  await app.circuits.change("mail:acs", () => ({
    ...newCircuit("mail:acs"),
    state: "open",
    sinceMs: app.system.now(),
  }));
  await look();
  expect(app.chat.said).toEqual([
    expect.stringContaining("mail:acs does not answer since 12:00 UTC; 0 deliveries are held"),
  ]);
});

test("every look is measured, silence too, so that a rule in Azure can be over", async () => {
  await look();
  expect(levels("backlog.oldest_age").map(([consumer]) => consumer)).toEqual([
    "stock",
    "customer-email",
    "vendor-notices",
    "vendor-webhook",
    "vendor-email",
    "outbox",
  ]);
  expect(levels("alarm.ringing")).toEqual(alarmKinds.map((kind) => [kind, 0]));
  app.queues.waiting.stock = [app.system.now() - 31 * MINUTE];
  await look();
  expect(levels("alarm.ringing")).toContainEqual(["backlog-age", 2]);
});

test("what a dead letter quotes of a customer is neither logged nor measured nor said", async () => {
  app.queues.deadLetters["customer-email"] = [
    {
      reason: "MailRefused",
      description: "550 5.1.1 <sam.field@example.com>: Sam Field, 1 High St, is unknown",
    },
  ];
  await look();
  expect(app.chat.said).toHaveLength(1);
  const told = JSON.stringify([
    app.chat.said,
    app.log.lines,
    app.telemetry.values,
    await app.watchStore.load(),
  ]);
  for (const personal of ["sam.field", "Sam Field", "High St"]) expect(told).not.toContain(personal);
});

test("a chat that cannot be reached keeps nothing from being watched", async () => {
  app.chat.fail();
  app.queues.waiting.stock = [app.system.now() - 31 * MINUTE];
  await look();
  expect(app.log.events("error")).toEqual(["alarm.chat-failed"]);
  expect((await app.watchStore.load()).record?.state.ringing).toHaveLength(1);
});

test("orders whose messages no topic has taken are a backlog of their own", async () => {
  const { anOrder } = await import("../../builders/orders.ts");
  await app.orders.create(anOrder({ pendingSince: new Date(app.system.now()).toISOString() }));
  app.system.advance(30 * MINUTE);
  await look();
  expect(app.chat.said).toEqual([
    expect.stringContaining("PAGE: outbox: the oldest message has been waiting for 30 minutes"),
  ]);
});

test("what is still held after a circuit has closed is measured until the last one is out", async () => {
  await app.circuits.change("mail:acs", () => ({ ...newCircuit("mail:acs"), holding: { sinceMs: 0 } }));
  const held = { state: "held", heldBy: "mail:acs", channel: "customer-email" } as const;
  for (let number = 0; number < 3; number++) await app.ledger.createIfAbsent(aDelivery(held));
  await look();
  const measured = app.telemetry.values.filter(({ metric }) => metric === "deliveries.held");
  expect(measured.map(({ value, facts }) => [facts["circuit"], value])).toEqual([["mail:acs", 3]]);
});
