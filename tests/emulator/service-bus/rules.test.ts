import type { CorrelationRuleFilter, SqlRuleAction, SqlRuleFilter } from "@azure/service-bus";
import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { type Bus, openBus } from "./open-bus.ts";

interface WantedRule {
  readonly name: string;
  readonly filter: SqlRuleFilter | CorrelationRuleFilter;
  readonly action?: SqlRuleAction;
}

/** A topic `orders` with one subscription `mine` whose rules are those given, in the place of the default one. */
async function withRules(rules: readonly WantedRule[], options: object = {}): Promise<Bus> {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine", options);
  for (const { name, filter, action } of rules) {
    if (action === undefined) await admin.createRule("orders", "mine", name, filter);
    else await admin.createRule("orders", "mine", name, filter, action);
  }
  await admin.deleteRule("orders", "mine", "$Default");
  return bus;
}

const received = async ({ client }: Bus, subQueueType?: "deadLetter") =>
  await client
    .createReceiver("orders", "mine", subQueueType === undefined ? {} : { subQueueType })
    .receiveMessages(10, { maxWaitTimeInMs: 800 });

test("a SQL filter selects by application and system properties with the types that the client sends", async () => {
  // The client sends dates, though its types do not say so.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const since = new Date("2026-01-01T00:00:00Z") as unknown as string;
  const bus = await withRules([
    {
      name: "wanted",
      filter: {
        sqlExpression:
          "sys.Label LIKE 'order.%' AND total * 2 >= @least AND (brand IN ('a', 'b') OR urgent = TRUE) AND at > @since AND note IS NULL",
        sqlParameters: { "@least": 21, "@since": since },
      },
    },
  ]);
  const at = new Date("2026-02-01T00:00:00Z");
  const send = (body: number, subject: string, applicationProperties: object) => ({
    body,
    subject,
    applicationProperties: { ...applicationProperties },
  });
  await bus.client
    .createSender("orders")
    .sendMessages([
      send(1, "order.placed", { total: 10.5, brand: "a", at }),
      send(2, "order.placed", { total: 11, brand: "c", urgent: true, at }),
      send(3, "order.placed", { total: 10, brand: "a", at }),
      send(4, "stock.low", { total: 11, brand: "a", at }),
      send(5, "order.placed", { total: 11, brand: "a", at, note: "gift" }),
      send(6, "order.placed", { total: 11, brand: "a" }),
    ]);
  expect((await received(bus)).map(({ body }) => Number(body))).toEqual([1, 2]);
});

test("each rule with an action delivers a copy of its own, changed; rules without one deliver one between them", async () => {
  const bus = await withRules([
    { name: "plain-1", filter: { sqlExpression: "1=1" } },
    { name: "plain-2", filter: { subject: "placed" } },
    {
      name: "tag",
      filter: { sqlExpression: "total > 5" },
      action: {
        sqlExpression: "SET total = total + @fee; SET sys.To = 'desk'; REMOVE secret",
        sqlParameters: { "@fee": 2 },
      },
    },
    { name: "never", filter: { sqlExpression: "total > 500" }, action: { sqlExpression: "SET seen = TRUE" } },
  ]);
  await bus.client.createSender("orders").sendMessages({
    body: { kept: [1, 2, 3] },
    subject: "placed",
    messageId: "m-1",
    applicationProperties: { total: 6, secret: "x" },
  });
  const copies = await received(bus);
  expect(
    copies.map(({ to, body, messageId, applicationProperties }) => ({
      to,
      body,
      messageId,
      applicationProperties,
    })),
  ).toEqual([
    {
      to: undefined,
      body: { kept: [1, 2, 3] },
      messageId: "m-1",
      applicationProperties: { total: 6, secret: "x" },
    },
    { to: "desk", body: { kept: [1, 2, 3] }, messageId: "m-1", applicationProperties: { total: 8 } },
  ]);
});

test("a message that a rule cannot be evaluated for becomes a dead letter, unless that is switched off", async () => {
  const rule = { name: "broken", filter: { sqlExpression: "total / parts > 1" } };
  const bus = await withRules([rule]);
  const message = { body: 1, applicationProperties: { total: 4, parts: 0 } };
  await bus.client.createSender("orders").sendMessages(message);
  expect(await received(bus)).toEqual([]);
  const [dead] = await received(bus, "deadLetter");
  expect(dead).toMatchObject({
    body: 1,
    deadLetterReason: "FilterEvaluationException",
    deadLetterErrorDescription: expect.stringMatching(/'broken'.*divided by zero/),
  });

  const lax = await withRules([rule], { deadLetteringOnFilterEvaluationExceptions: false });
  await lax.client.createSender("orders").sendMessages(message);
  expect(await received(lax)).toEqual([]);
  expect(await received(lax, "deadLetter")).toEqual([]);
});

test("a message that a rule cannot be evaluated for follows the dead letters where they are forwarded", async () => {
  const bus = await withRules([{ name: "broken", filter: { sqlExpression: "total / 0 > 1" } }], {
    forwardDeadLetteredMessagesTo: "work",
  });
  await bus.client.createSender("orders").sendMessages({ body: 1, applicationProperties: { total: 4 } });
  const [dead] = await bus.client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(dead).toMatchObject({
    body: 1,
    deadLetterReason: "FilterEvaluationException",
    deadLetterSource: "orders/Subscriptions/mine",
  });
});

test("the administration client creates, reads, changes and lists rules of every kind, and they survive a restart", async () => {
  const bus = await withRules([
    {
      name: "sql",
      filter: { sqlExpression: "a = @b", sqlParameters: { "@b": "x" } },
      action: { sqlExpression: "SET c = @d", sqlParameters: { "@d": true } },
    },
    { name: "all", filter: { sqlExpression: "1=1" } },
    { name: "none", filter: { sqlExpression: "1=0" } },
    {
      name: "typed",
      filter: {
        correlationId: "c-1",
        subject: "s",
        applicationProperties: { n: 1.5, t: "1.5", b: false, d: new Date("2026-01-01T00:00:00Z") },
      },
    },
  ]);
  const admin = administration(await bus.restart());
  const sql = await admin.getRule("orders", "mine", "sql");
  expect(sql).toMatchObject({
    filter: { sqlExpression: "a = @b", sqlParameters: { "@b": "x" } },
    action: { sqlExpression: "SET c = @d", sqlParameters: { "@d": true } },
  });
  expect(await admin.getRule("orders", "mine", "typed")).toMatchObject({
    filter: {
      correlationId: "c-1",
      subject: "s",
      applicationProperties: { n: 1.5, t: "1.5", b: false, d: new Date("2026-01-01T00:00:00Z") },
    },
  });
  await admin.updateRule("orders", "mine", { ...sql, filter: { sqlExpression: "a > 1" }, action: {} });
  expect(await admin.getRule("orders", "mine", "sql")).toMatchObject({ filter: { sqlExpression: "a > 1" } });
  const names = [];
  for await (const { name } of admin.listRules("orders", "mine")) names.push(name);
  expect(names).toEqual(["all", "none", "sql", "typed"]);
  await expect(admin.createRule("orders", "mine", "wrong", { sqlExpression: "a >> 1" })).rejects.toThrow(
    /\(character 4\)/,
  );
  await expect(
    admin.createRule("orders", "mine", "wrong", { sqlExpression: "1=1" }, { sqlExpression: "DELETE x" }),
  ).rejects.toThrow(/neither SET nor REMOVE/);
});

test("a SQL filter sees a message's size, and when it expires by its own wish or the topic's", async () => {
  const later = (ms: number): string =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    new Date(Date.now() + ms) as unknown as string;
  const bus = await withRules([
    { name: "large", filter: { sqlExpression: "sys.Size > 3000" } },
    {
      name: "brief",
      filter: { sqlExpression: "sys.ExpiresAtUtc < @soon", sqlParameters: { "@soon": later(3_600_000) } },
    },
    {
      name: "endless",
      filter: {
        sqlExpression: "sys.Label = 'kept' AND sys.ExpiresAtUtc > @far",
        sqlParameters: { "@far": later(1e12) },
      },
    },
  ]);
  await bus.client.createSender("orders").sendMessages([
    { body: "x".repeat(4000), messageId: "large" },
    { body: "x", messageId: "small" },
    { body: "x", messageId: "brief", timeToLive: 600_000 },
    { body: "x", messageId: "lasting", timeToLive: 7_200_000 },
    { body: "x", messageId: "endless", subject: "kept" },
    { body: "x", messageId: "lasting too", subject: "kept", timeToLive: 7_200_000 },
  ]);
  expect((await received(bus)).map(({ messageId }) => messageId)).toEqual(["large", "brief", "endless"]);
});
