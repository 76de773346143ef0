import type { ServiceBusRuleManager } from "@azure/service-bus";
import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { newClient, openBus } from "./open-bus.ts";
import { rawRequest } from "./raw-client.ts";

async function all(rules: ServiceBusRuleManager) {
  const found = [];
  // For a list without entries the client yields one undefined.
  for await (const rule of rules.listRules()) if (rule as unknown) found.push(rule);
  return found;
}

test("the rule manager adds, lists and removes rules, with no more than the right to listen", async () => {
  const bus = await openBus({ keys: [{ name: "listener", key: "listen-key", claims: ["Listen"] }] });
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine");
  const client = newClient(
    bus.server.connectionString
      .replace("RootManageSharedAccessKey", "listener")
      .replace("a-key-for-tests-only", "listen-key"),
  );
  const rules = client.createRuleManager("orders", "mine");
  expect(await all(rules)).toEqual([{ name: "$Default", filter: { sqlExpression: "1=1" }, action: {} }]);
  await rules.deleteRule("$Default");
  expect(await all(rules)).toEqual([]);

  await rules.createRule("sql", { sqlExpression: "n > 1" }, { sqlExpression: "SET n = n + 1" });
  await rules.createRule("none", { sqlExpression: "1=0" });
  const at = new Date("2026-01-01T00:00:00Z");
  const applicationProperties = { text: "x", whole: 5, part: 1.5, flag: true, at };
  await rules.createRule("typed", { subject: "s", correlationId: "c", applicationProperties });
  await rules.createRule("plain", { subject: "only" });
  expect(await all(rules)).toEqual([
    { name: "none", filter: { sqlExpression: "1=0" }, action: {} },
    { name: "plain", filter: expect.objectContaining({ subject: "only" }), action: {} },
    { name: "sql", filter: { sqlExpression: "n > 1" }, action: { sqlExpression: "SET n = n + 1" } },
    {
      name: "typed",
      filter: expect.objectContaining({ subject: "s", correlationId: "c" }),
      action: {},
    },
  ]);

  await bus.client.createSender("orders").sendMessages([
    { body: 1, subject: "s", correlationId: "c", applicationProperties },
    {
      body: 2,
      subject: "s",
      correlationId: "c",
      applicationProperties: { ...applicationProperties, whole: "5" },
    },
    { body: 3, applicationProperties: { n: 2 } },
  ]);
  const receiver = bus.client.createReceiver("orders", "mine");
  const got = await receiver.receiveMessages(10, { maxWaitTimeInMs: 800 });
  expect(got.map(({ body, applicationProperties: properties }) => [body, properties?.["n"]])).toEqual([
    [1, undefined],
    [3, 3],
  ]);

  await expect(rules.createRule("SQL", { sqlExpression: "1=1" })).rejects.toMatchObject({
    code: "MessagingEntityAlreadyExists",
  });
  await expect(rules.deleteRule("missing")).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  await expect(rules.createRule("bad", { sqlExpression: "n >" })).rejects.toThrow(/cannot be understood/);
});

test("hundreds of rules are listed page by page", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine");
  const rules = bus.client.createRuleManager("orders", "mine");
  const names = Array.from({ length: 250 }, (_, index) => `rule-${String(index).padStart(3, "0")}`);
  await Promise.all(names.map(async (name) => await rules.createRule(name, { subject: name })));
  expect((await all(rules)).map(({ name }) => name)).toEqual(["$Default", ...names]);
});

test("nonsense on the management link is answered with an error, and rules of a queue refused", async () => {
  const bus = await openBus();
  const { server } = bus;
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine");
  const ask = async (operation: string, body: object, entity = "orders/Subscriptions/mine") =>
    await rawRequest(server.amqpPort, entity, `com.microsoft:${operation}`, () => body);
  expect(await ask("add-rule", {})).toMatchObject({ status: 400 });
  expect(await ask("add-rule", { "rule-name": "x", "rule-description": {} })).toMatchObject({ status: 400 });
  const deep = { "sql-filter": { expression: `${"(".repeat(900)}1=1` } };
  expect(await ask("add-rule", { "rule-name": "x", "rule-description": deep })).toMatchObject({
    status: 400,
  });
  const long = { "sql-filter": { expression: "1=1 or ".repeat(5000) } };
  expect(await ask("add-rule", { "rule-name": "x", "rule-description": long })).toMatchObject({
    status: 400,
  });
  const good = { "sql-filter": { expression: "a = 1" } };
  const unnamed = { "rule-name": "n".repeat(51), "rule-description": good };
  expect(await ask("add-rule", unnamed)).toMatchObject({ status: 400 });
  expect(await ask("enumerate-rules", { top: "all", skip: null })).toMatchObject({ status: 400 });
  expect(await ask("enumerate-rules", {}, "work")).toMatchObject({ status: 400 });
  expect(await ask("remove-rule", { "rule-name": "nothing" })).toMatchObject({ status: 404 });
  expect(await ask("add-rule", { "rule-name": "x", "rule-description": good })).toMatchObject({
    status: 200,
  });
});

test("of rules that are created or removed at the same time one is", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine");
  const rules = bus.client.createRuleManager("orders", "mine");
  const failures = async (work: () => Promise<void>) => {
    const results = await Promise.allSettled([work(), work(), work()]);
    return results.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  };
  const taken = expect.stringContaining("'orders/Subscriptions/mine/Rules/x' already exists");
  expect(await failures(() => rules.createRule("x", { subject: "x" }))).toEqual([taken, taken]);
  const missing = expect.stringContaining("'orders/Subscriptions/mine/Rules/x' could not be found");
  expect(await failures(() => rules.deleteRule("x"))).toEqual([missing, missing]);
});

test("a rule has a name that can be part of an address", async () => {
  const bus = await openBus();
  const admin = administration(bus);
  await admin.createTopic("orders");
  await admin.createSubscription("orders", "mine");
  const rules = bus.client.createRuleManager("orders", "mine");
  for (const name of ["a/b", "a\\b", "a?b", "a#b", "a@b", "a*b"]) {
    await expect(rules.createRule(name, { subject: "x" }), name).rejects.toThrow(
      /not an allowed name for a rule/,
    );
  }
  await rules.createRule("Größe & Farbe_1.x-y", { subject: "x" });
  expect(await admin.ruleExists("orders", "mine", "größe & FARBE_1.x-y")).toBe(true);
});
