import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { accountKey, useCosmos } from "../cosmos/use-cosmos.ts";
import { type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";
import { type BusUnderTest, counts, queueHolds, said, saidTimes, useBus, useQueueApp } from "./use-bus.ts";

/** Broker, Cosmos endpoint with database "shop" and container "orders" (key /brand), and an app with what `app` registers. */
async function useWorld(registrations: string) {
  const [bus, cosmos] = await Promise.all([useBus(), useCosmos()]);
  await bus.admin.createQueue("out");
  const { container } = await cosmos.database.containers.create({
    id: "orders",
    partitionKey: { paths: ["/brand"] },
  });
  const appRoot = await useApp({
    "index.ts": `
      import { app, input, output } from "@azure/functions";
      const say = (context, value) => context.log(JSON.stringify(value) ?? "null");
      const orders = { connection: "Cosmos", databaseName: "shop", containerName: "orders" };
      const queue = output.serviceBusQueue({ name: "queue", connection: "Bus", queueName: "%OUT%" });
      ${registrations}`,
  });
  const settings = {
    Bus: bus.connectionString,
    Cosmos: `AccountEndpoint=${cosmos.cosmos.endpoint};AccountKey=${accountKey};`,
    OUT: "out",
  };
  const host = await useHost({ appRoot, settings });
  return { bus, container, host, database: cosmos.database };
}

const received = (bus: BusUnderTest, count: number): Promise<ServiceBusReceivedMessage[]> =>
  bus.client
    .createReceiver("out", { skipParsingBodyAsJson: true })
    .receiveMessages(count, { maxWaitTimeInMs: 3000 });

const texts = (messages: readonly ServiceBusReceivedMessage[]): string[] =>
  messages.map(({ body }) => String(body));

const failures = (host: HostUnderTest): unknown[] =>
  host.lines.filter(({ event }) => event === "invocation failed").map(({ facts }) => facts["error"]);

const post = (host: HostUnderTest, path: string, body?: unknown): Promise<Response> =>
  fetch(`${host.url}/api/${path}`, {
    method: "POST",
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

test("Service Bus output: objects go as indented JSON text, with content type, parent id and trace, and no other choice", async () => {
  const { bus, host } = await useWorld(`
    app.http("send", { methods: ["POST"], extraOutputs: [queue], handler: async (request, context) => {
      context.extraOutputs.set(queue, { id: "ord_1", lines: [{ sku: "A" }] });
      return { status: 202, body: context.invocationId };
    } });`);

  const response = await post(host, "send");
  const [message] = await received(bus, 1);

  expect(response.status).toBe(202);
  expect(texts([message!])).toEqual([JSON.stringify({ id: "ord_1", lines: [{ sku: "A" }] }, undefined, 2)]);
  expect(message).toMatchObject({
    contentType: "text/plain",
    applicationProperties: {
      $AzureWebJobsParentId: await response.text(),
      "Diagnostic-Id": expect.stringMatching(/^00-/),
      traceparent: expect.stringMatching(/^00-/),
    },
  });
});

test("Service Bus output: arrays fan out, text that is a JSON array is split too, text that looks like an object is rewritten", async () => {
  const { bus, host } = await useWorld(`
    const send = (name, value) => app.http(name, { methods: ["POST"], extraOutputs: [queue],
      handler: (request, context) => { context.extraOutputs.set(queue, value); return { status: 202 }; } });
    send("array", ["a", { b: 1 }, 3, true]);
    send("arrayText", '["x", {"y": 1}]');
    send("objectText", '{"z":1}');
    send("text", "plain [not json]");
    send("nothing", undefined);`);

  for (const name of ["array", "arrayText", "objectText", "text", "nothing"]) {
    expect((await post(host, name)).status).toBe(202);
  }

  expect(texts(await received(bus, 8))).toEqual([
    "a",
    '{\n  "b": 1\n}',
    "3",
    "True",
    "x",
    '{\n  "y": 1\n}',
    '{\n  "z": 1\n}',
    "plain [not json]",
  ]);
  expect(await counts(bus, "out")).toEqual([8, 0]);
});

test("a return binding sends what the function returns", async () => {
  const bus = await useBus();
  await bus.admin.createQueue("out");
  await useQueueApp(bus, {
    trigger: 'return: output.serviceBusQueue({ connection: "Bus", queueName: "out" }),',
    handler: "return [body, body];",
  });
  await bus.client.createSender("work").sendMessages({ body: "twice" });

  expect(texts(await received(bus, 2))).toEqual(["twice", "twice"]);
});

test("an object returned without a return binding is taken apart: its keys name output bindings", async () => {
  const bus = await useBus();
  await bus.admin.createQueue("out");
  await useQueueApp(bus, {
    trigger: 'extraOutputs: [output.serviceBusQueue({ name: "Next", connection: "Bus", queueName: "out" })],',
    handler: 'context.extraOutputs.set("Next", "overruled"); return { next: "by its name", other: 1 };',
  });
  await bus.client.createSender("work").sendMessages({ body: "x" });

  expect(texts(await received(bus, 1))).toEqual(["by its name"]);
  expect(await counts(bus, "out")).toEqual([1, 0]);
});

test("a failing output fails the invocation: http 500, and the messages before it stay sent", async () => {
  const { bus, host } = await useWorld(`
    const documents = output.cosmosDB({ ...orders, name: "documents", containerName: "nowhere" });
    app.http("both", { methods: ["POST"], extraOutputs: [queue, documents], handler: (request, context) => {
      context.extraOutputs.set(queue, "sent");
      context.extraOutputs.set(documents, { id: "1" });
      return { status: 202 };
    } });`);

  const response = await post(host, "both");

  expect(response.status).toBe(500);
  expect(failures(host)).toEqual([
    expect.stringContaining('output "documents": container "nowhere" does not exist'),
  ]);
  expect(texts(await received(bus, 1))).toEqual(["sent"]);
});

test("a failing output of a Service Bus function abandons its message: the outputs before it are sent again each time", async () => {
  const bus = await useBus({ maxDeliveryCount: 3 });
  await bus.admin.createQueue("out");
  await useQueueApp(bus, {
    more: `
      const good = output.serviceBusQueue({ name: "good", connection: "Bus", queueName: "out" });
      const bad = output.serviceBusQueue({ name: "bad", connection: "Bus", queueName: "missing" });`,
    trigger: "extraOutputs: [good, bad],",
    handler: "context.extraOutputs.set(good, body); context.extraOutputs.set(bad, body);",
  });
  await bus.client.createSender("work").sendMessages({ body: "x" });

  await queueHolds(bus, 0, 1);
  expect(await counts(bus, "out")).toEqual([3, 0]);
});

test("Cosmos input by id and key from the route: the document, and undefined when there is none", async () => {
  const { container, host } = await useWorld(`
    const order = input.cosmosDB({ ...orders, id: "{id}", partitionKey: "{brand}" });
    app.http("read", { methods: ["GET"], route: "{brand}/orders/{id}", extraInputs: [order],
      handler: (request, context) => ({ jsonBody: { order: context.extraInputs.get(order) ?? "none" } }) });`);
  await container.items.create({ id: "ord_1", brand: "north", total: 5 });

  const read = async (path: string): Promise<unknown> => (await fetch(`${host.url}/api/${path}`)).json();

  expect(await read("north/orders/ord_1")).toMatchObject({ order: { id: "ord_1", total: 5 } });
  expect(await read("south/orders/ord_1")).toEqual({ order: "none" });
});

test("Cosmos input without a partition key finds nothing in a container that has one", async () => {
  const { container, host } = await useWorld(`
    const order = input.cosmosDB({ ...orders, id: "{Query.id}" });
    app.http("read", { methods: ["GET"], extraInputs: [order],
      handler: (request, context) => ({ jsonBody: { order: context.extraInputs.get(order) ?? "none" } }) });`);
  await container.items.create({ id: "ord_1", brand: "north" });

  const response = await fetch(`${host.url}/api/read?id=ord_1`);

  expect(await response.json()).toEqual({ order: "none" });
});

test("Cosmos input with a query: {names} become parameters, so no value can change the query", async () => {
  const { container, host } = await useWorld(`
    const found = input.cosmosDB({ ...orders, sqlQuery: "SELECT VALUE c.id FROM c WHERE c.brand = {brand}" });
    app.http("list", { methods: ["POST"], extraInputs: [found],
      handler: (request, context) => ({ jsonBody: context.extraInputs.get(found) }) });`);
  for (const [id, brand] of [
    ["a", "north"],
    ["b", "north"],
    ["c", "south"],
  ])
    await container.items.create({ id: id!, brand });

  const list = async (brand: string): Promise<unknown> => (await post(host, "list", { brand })).json();

  expect(await list("north")).toEqual(["a", "b"]);
  expect(await list("north' OR '1'='1")).toEqual([]);
});

test("Cosmos input of a Service Bus function: names come from the message's body and its properties", async () => {
  const { bus, container, host } = await useWorld(`
    const order = input.cosmosDB({ ...orders, id: "{order.id}", partitionKey: "{applicationProperties.brand}" });
    app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", extraInputs: [order],
      handler: (body, context) => say(context, context.extraInputs.get(order)) });`);
  await container.items.create({ id: "ord_1", brand: "north", total: 5 });
  await bus.client
    .createSender("work")
    .sendMessages({ body: { order: { id: "ord_1" } }, applicationProperties: { brand: "north" } });

  await saidTimes(host, 1);

  expect(said(host)).toEqual([expect.objectContaining({ id: "ord_1", total: 5 })]);
});

test("a binding expression without a value fails the invocation and names it", async () => {
  const { host } = await useWorld(`
    const order = input.cosmosDB({ ...orders, id: "{id}", partitionKey: "{brand}" });
    app.http("read", { methods: ["POST"], extraInputs: [order], handler: () => ({ status: 200 }) });`);

  expect((await post(host, "read", { brand: "north" })).status).toBe(500);
  expect(failures(host)).toEqual([expect.stringContaining("{id} has no value")]);
});

test("Cosmos output upserts objects, arrays and JSON text, one after the other", async () => {
  const { container, host } = await useWorld(`
    const documents = output.cosmosDB({ ...orders, name: "documents" });
    app.http("write", { methods: ["POST"], extraOutputs: [documents], handler: async (request, context) => {
      context.extraOutputs.set(documents, (await request.json()).value);
      return { status: 202 };
    } });`);
  await container.items.create({ id: "1", brand: "n", total: 1 });

  await post(host, "write", { value: { id: "1", brand: "n", total: 2 } });
  await post(host, "write", {
    value: [
      { id: "2", brand: "n" },
      { id: "3", brand: "n" },
    ],
  });
  await post(host, "write", { value: '{ "id": "4", "brand": "n" }' });
  await post(host, "write", { value: { brand: "n", total: 5 } });
  const refused = await post(host, "write", { value: "no document" });

  const { resources } = await container.items
    .query<{ id: string; total?: number }>("SELECT c.id, c.total FROM c")
    .fetchAll();
  expect(resources.map(({ id }) => id).slice(0, 4)).toEqual(["1", "2", "3", "4"]);
  expect(resources[0]?.total).toBe(2);
  expect(resources[4]?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(refused.status).toBe(500);
});

test("Cosmos output makes its container when createIfNotExists says so, though many ask for it at once", async () => {
  const { database, host } = await useWorld(`
    const documents = output.cosmosDB({ ...orders, containerName: "made", createIfNotExists: true, partitionKey: "/brand" });
    app.http("write", { methods: ["POST"], extraOutputs: [documents], handler: (request, context) => {
      context.extraOutputs.set(documents, { id: request.query.get("id"), brand: "n" });
      return { status: 202 };
    } });`);

  const ids = Array.from({ length: 8 }, (_, index) => String(index));
  const answers = await Promise.all(ids.map((id) => post(host, `write?id=${id}`)));

  expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 202));
  const { resources } = await database.container("made").items.readAll().fetchAll();
  expect(new Set(resources.map(({ id }) => id))).toEqual(new Set(ids));
});
