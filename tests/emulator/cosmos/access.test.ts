import { CosmosClient } from "@azure/cosmos";
import { expect, test } from "vitest";
import { accountKey, makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

test("a wrong key opens nothing", async () => {
  const { cosmos } = await useCosmos();
  const key = Buffer.from("another key").toString("base64");
  const stranger = new CosmosClient({ endpoint: cosmos.endpoint, key });
  expect(await refusal(stranger.databases.readAll().fetchAll())).toMatchObject({ code: 401 });
  stranger.dispose();
});

test.each([
  ["no authorization at all", {}],
  ["an unreadable authorization", { authorization: "%%%", "x-ms-date": "Mon, 01 Jan 2029 00:00:00 GMT" }],
  ["an empty signature", { authorization: "type%3Dmaster%26ver%3D1.0%26sig%3D", "x-ms-date": "now" }],
])("%s is answered 401, in JSON", async (_title, headers) => {
  const { cosmos } = await useCosmos();
  const response = await fetch(`${cosmos.endpoint}dbs`, { headers });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: "Unauthorized" });
});

test("every response has an activity id of its own", async () => {
  const { cosmos } = await useCosmos();
  const ids = await Promise.all(
    Array.from({ length: 5 }, async () => (await fetch(cosmos.endpoint)).headers.get("x-ms-activity-id")),
  );
  expect(new Set(ids).size).toBe(5);
});

test("the client reads the account once, and then sends one request per operation", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const { diagnostics } = await container.items.create({ id: "1", pk: "a" });
  expect(diagnostics.clientSideRequestStatistics.metadataDiagnostics.metadataLookups).toEqual([]);
});

const own = (endpoint: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${endpoint}_expedite/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${accountKey}` },
  });

test("our own look inside needs the key and lists containers", async () => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "1", pk: "a" });
  expect((await fetch(`${cosmos.endpoint}_expedite/containers`)).status).toBe(401);
  const response = await own(cosmos.endpoint, "containers");
  expect(await response.json()).toEqual({
    containers: [{ database: "shop", container: container.id, partitionKey: ["/pk"], ranges: 1, items: 1 }],
  });
});

test("our own look inside shows the items that changed last, as clients see them", async () => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  for (const id of ["1", "2", "3"]) await container.items.create({ id, pk: "a" });
  await container.item("1", "a").patch([{ op: "set", path: "/n", value: 1 }]);
  expect((await fetch(`${cosmos.endpoint}_expedite/items/shop/${container.id}`)).status).toBe(401);
  const shown: unknown = await (await own(cosmos.endpoint, `items/shop/${container.id}`)).json();
  const first = (await container.item("1", "a").read()).resource;
  expect(shown).toMatchObject({ items: [first, { id: "3" }, { id: "2" }] });
  expect((await own(cosmos.endpoint, "items/shop/nowhere")).status).toBe(404);
});

test("injected throttling is retried by the client and ends by itself", async () => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  const body = JSON.stringify({ status: 429, count: 2, retryAfterMs: 5 });
  expect((await own(cosmos.endpoint, "faults", { method: "PUT", body })).status).toBe(200);
  const { headers } = await container.items.create({ id: "1", pk: "a" });
  expect(headers["x-ms-throttle-retry-count"]).toBe(2);
  expect(await (await own(cosmos.endpoint, "faults")).json()).toEqual({});
});

test("an injected outage reaches the caller until it is taken away", async () => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  await own(cosmos.endpoint, "faults", { method: "PUT", body: JSON.stringify({ status: 503 }) });
  expect(await refusal(container.items.create({ id: "1", pk: "a" }))).toMatchObject({ code: 503 });
  await own(cosmos.endpoint, "faults", { method: "PUT", body: "{}" });
  expect((await container.items.create({ id: "1", pk: "a" })).statusCode).toBe(201);
});

test.each([408, 410, 449])("an injected %i reaches the caller, who may write again", async (status) => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  await own(cosmos.endpoint, "faults", { method: "PUT", body: JSON.stringify({ status, count: 1 }) });
  expect(await refusal(container.items.create({ id: "1", pk: "a" }))).toMatchObject({ code: status });
  expect((await container.items.create({ id: "1", pk: "a" })).statusCode).toBe(201);
});

test("injected latency holds a request until the clock says so", async () => {
  const { cosmos, database, clock } = await useCosmos();
  const container = await makeContainer(database);
  await own(cosmos.endpoint, "faults", { method: "PUT", body: JSON.stringify({ latencyMs: 500, count: 1 }) });
  let answered = false;
  const before = clock.pending;
  const create = container.items.create({ id: "1", pk: "a" }).then(() => (answered = true));
  while (clock.pending === before) await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
  await clock.advance(500);
  await create;
});

test("a request that was signed a quarter of an hour ago or more is refused with 403", async () => {
  const { database, clock } = await useCosmos(15 * 60_000);
  const container = await makeContainer(database);
  await clock.advance(14 * 60_000);
  expect((await container.items.create({ id: "1", pk: "a" })).statusCode).toBe(201);
  await clock.advance(2 * 60_000);
  expect(await refusal(container.items.create({ id: "2", pk: "a" }))).toMatchObject({ code: 403 });
});

test("throughput limits nothing until it is told to; then a container has its own budget by the second", async () => {
  const { cosmos, database, clock } = await useCosmos();
  const small = await makeContainer(database, { throughput: 400 });
  const other = await makeContainer(database, { throughput: 400 });
  const create = async (id: number): Promise<number> => {
    const outcome = await small.items.bulk([
      { operationType: "Create", partitionKey: "a", resourceBody: { id: `${id}`, pk: "a" } },
    ]);
    return outcome[0]!.statusCode;
  };
  for (let id = 0; id < 100; id++) expect(await create(id)).toBe(201);
  const body = JSON.stringify({ enforced: true });
  expect((await own(cosmos.endpoint, "throughput", { method: "PUT", body })).status).toBe(200);
  const statuses: number[] = [];
  for (let id = 100; id < 200 && statuses.at(-1) !== 429; id++)
    statuses.push(await create(id).catch(() => 429));
  expect(statuses.length).toBeGreaterThan(70);
  expect(statuses.length).toBeLessThan(90);
  expect((await other.items.create({ id: "1", pk: "a" })).statusCode).toBe(201);
  await clock.advance(1000);
  expect(await create(200)).toBe(201);
});

test("a nonsensical fault is refused", async () => {
  const { cosmos } = await useCosmos();
  for (const wish of [{ status: 418 }, { latencyMs: -1 }, { stat: 429 }, []]) {
    const response = await own(cosmos.endpoint, "faults", { method: "PUT", body: JSON.stringify(wish) });
    expect(response.status).toBe(400);
  }
});

test("a body beyond all limits is refused", async () => {
  const { cosmos } = await useCosmos();
  const body = "x".repeat(5 * 1024 * 1024);
  const response = await fetch(`${cosmos.endpoint}dbs`, { method: "POST", body });
  expect(response.status).toBe(413);
});
