import { CosmosClient, type CreateOperationInput, type OperationInput } from "@azure/cosmos";
import { expect, test } from "vitest";
import { accountKey, makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

test("a batch does all kinds of operations and answers each", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "old", pk: "a", n: 1 });
  await container.items.create({ id: "gone", pk: "a" });
  const response = await container.items.batch(
    [
      { operationType: "Create", resourceBody: { id: "new", pk: "a" } },
      {
        operationType: "Patch",
        id: "old",
        resourceBody: { operations: [{ op: "incr", path: "/n", value: 1 }] },
      },
      { operationType: "Read", id: "old" },
      { operationType: "Upsert", resourceBody: { id: "up", pk: "a" } },
      { operationType: "Replace", id: "up", resourceBody: { id: "up", pk: "a", n: 5 } },
      { operationType: "Delete", id: "gone" },
    ],
    "a",
  );
  expect(response.code).toBe(200);
  expect(response.result?.map(({ statusCode }) => statusCode)).toEqual([201, 200, 200, 201, 200, 204]);
  expect(response.result?.[2]?.resourceBody).toMatchObject({ id: "old", n: 2 });
  expect((await container.item("up", "a").read()).resource?.n).toBe(5);
});

test("one failing operation undoes the whole batch; the culprit has its code, the others 424", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/mail"] }] },
  });
  await container.items.create({ id: "taken", pk: "a", mail: "t" });
  const response = await container.items.batch(
    [
      { operationType: "Create", resourceBody: { id: "1", pk: "a", mail: "x" } },
      { operationType: "Create", resourceBody: { id: "taken", pk: "a", mail: "y" } },
      { operationType: "Delete", id: "taken" },
    ],
    "a",
  );
  expect(response.code).toBe(207);
  expect(response.result?.map(({ statusCode }) => statusCode)).toEqual([424, 409, 424]);
  expect((await container.item("1", "a").read()).statusCode).toBe(404);
  expect((await container.item("taken", "a").read()).statusCode).toBe(200);
  expect((await container.items.create({ id: "2", pk: "a", mail: "x" })).statusCode).toBe(201);
});

const patch = (condition: string, ifMatch: string): OperationInput => ({
  operationType: "Patch",
  id: "1",
  ifMatch,
  resourceBody: { condition, operations: [{ op: "incr", path: "/n", value: 1 }] },
});

test("a batch respects ETags and conditions", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const { etag } = await container.items.create({ id: "1", pk: "a", n: 0 });
  const wrong = await container.items.batch([patch("from c where c.n = 7", etag)], "a");
  expect(wrong.result?.[0]?.statusCode).toBe(412);
  const right = await container.items.batch([patch("from c where c.n = 0", etag)], "a");
  expect(right.result?.[0]?.statusCode).toBe(200);
  const stale = await container.items.batch([patch("from c where c.n = 1", etag)], "a");
  expect(stale.result?.[0]?.statusCode).toBe(412);
});

test("an item of another partition key spoils a batch", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const response = await container.items.batch(
    [
      { operationType: "Create", resourceBody: { id: "1", pk: "a" } },
      { operationType: "Create", resourceBody: { id: "2", pk: "b" } },
    ],
    "a",
  );
  expect(response.result?.map(({ statusCode }) => statusCode)).toEqual([424, 400]);
});

test("bulk operations stand each for itself, over many keys and ranges", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    throughput: 24_000,
    partitionKey: { paths: ["/brand", "/id"] },
  });
  const creates = Array.from({ length: 100 }, (_, n): OperationInput => ({
    operationType: "Create",
    resourceBody: { id: `o${n}`, brand: `b${n % 7}`, n },
  }));
  const created = await container.items.bulk(creates);
  expect(new Set(created.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
  const mixed = await container.items.bulk([
    { operationType: "Create", resourceBody: { id: "o3", brand: "b3" } },
    { operationType: "Read", id: "o4", partitionKey: ["b4", "o4"] },
    { operationType: "Delete", id: "nope", partitionKey: ["b0", "nope"] },
    {
      operationType: "Patch",
      id: "o5",
      partitionKey: ["b5", "o5"],
      resourceBody: {
        condition: "from c where c.n = 5",
        operations: [{ op: "set", path: "/done", value: true }],
      },
    },
    {
      operationType: "Patch",
      id: "o6",
      partitionKey: ["b6", "o6"],
      resourceBody: {
        condition: "from c where c.n = 5",
        operations: [{ op: "set", path: "/done", value: true }],
      },
    },
    {
      operationType: "Patch",
      id: "o7",
      partitionKey: ["b0", "o7"],
      ifMatch: '"old"',
      resourceBody: [{ op: "remove", path: "/n" }],
    },
  ]);
  expect(mixed.map(({ statusCode }) => statusCode)).toEqual([409, 200, 404, 200, 412, 412]);
  expect(mixed[1]?.resourceBody).toMatchObject({ id: "o4", n: 4 });
});

test("executeBulkOperations carries conditions and ETags, and reports each failure by its code", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const { etag } = await container.items.create({ id: "1", pk: "a", n: 1 });
  const results = await container.items.executeBulkOperations([
    { operationType: "Create", partitionKey: "b", resourceBody: { id: "2", pk: "b" } },
    {
      operationType: "Patch",
      id: "1",
      partitionKey: "a",
      ifMatch: etag,
      resourceBody: { condition: "from c where c.n = 1", operations: [{ op: "incr", path: "/n", value: 1 }] },
    },
    {
      operationType: "Patch",
      id: "1",
      partitionKey: "a",
      ifMatch: etag,
      resourceBody: { operations: [{ op: "remove", path: "/n" }] },
    },
  ]);
  expect(results.map(({ response, error }) => response?.statusCode ?? error?.code)).toEqual([201, 200, 412]);
});

test("bodies are left out where the client does not want them", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const operations: OperationInput[] = [{ operationType: "Create", resourceBody: { id: "1", pk: "a" } }];
  const [result] = await container.items.bulk(operations, {}, { contentResponseOnWriteEnabled: false });
  expect(result?.statusCode).toBe(201);
  expect(result?.resourceBody).toBeUndefined();
  expect(result?.eTag).toMatch(/^".+"$/);
});

test("a bulk request without 'continue' stops at the first failure", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "1", pk: "a" });
  const operations: OperationInput[] = ["1", "2"].map((id) => ({
    operationType: "Create",
    resourceBody: { id, pk: "a" },
  }));
  const results = await container.items.bulk(operations, { continueOnError: false });
  expect(results.map(({ statusCode }) => statusCode)).toEqual([409, 424]);
});

test("a batch of more than two megabytes is refused, and nothing of it is there", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const operations: OperationInput[] = Array.from({ length: 3 }, (_, n) => ({
    operationType: "Create",
    resourceBody: { id: `${n}`, pk: "a", text: "x".repeat(700_000) },
  }));
  // The client hides the status behind an error of its own.
  const refused: unknown = await container.items.batch(operations, "a").catch((error: unknown) => error);
  expect(refused).toMatchObject({ cause: { code: 413 } });
  expect((await container.items.readAll().fetchAll()).resources).toEqual([]);
  expect((await container.items.batch(operations.slice(1), "a")).code).toBe(200);
});

test("a batch of more than 100 operations is refused", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const operations: OperationInput[] = Array.from({ length: 101 }, (_, n) => ({
    operationType: "Create",
    resourceBody: { id: `${n}`, pk: "a" },
  }));
  expect((await refusal(container.items.batch(operations, "a"))).message).toContain("100");
});

test("a client that knows key ranges which are gone reads them again and writes all the same", async () => {
  const { cosmos, client, database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 18_000 });
  const operations = (run: string): CreateOperationInput[] =>
    Array.from({ length: 40 }, (_, n) => ({
      operationType: "Create",
      partitionKey: `p${n}`,
      resourceBody: { id: run, pk: `p${n}` },
    }));
  await container.items.bulk(operations("before"));
  const other = new CosmosClient({ endpoint: cosmos.endpoint, key: accountKey });
  const place = other.database(database.id);
  await place.container(container.id).delete();
  await place.containers.create({ id: container.id, partitionKey: { paths: ["/pk"] } });
  other.dispose();
  const stale = client.database(database.id).container(container.id);
  const outcomes = await stale.items.bulk(operations("after"));
  expect(outcomes.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 40 }, () => 201));
  expect((await stale.items.readAll().fetchAll()).resources).toHaveLength(40);
});
