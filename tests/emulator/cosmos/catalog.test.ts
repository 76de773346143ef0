import { PartitionKeyDefinitionVersion, PartitionKeyKind } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

test("the account names the address the client came by", async () => {
  const { client, cosmos } = await useCosmos();
  const { resource } = await client.getDatabaseAccount();
  expect(resource?.consistencyPolicy).toBe("Session");
  expect(await client.getWriteEndpoint()).toBe(cosmos.endpoint);
});

test("databases are created once, listed, queried and deleted with all that is in them", async () => {
  const { client } = await useCosmos();
  const first = await client.databases.createIfNotExists({ id: "one" });
  const again = await client.databases.createIfNotExists({ id: "one" });
  expect([first.statusCode, again.statusCode]).toEqual([201, 200]);
  expect(await refusal(client.databases.create({ id: "one" }))).toMatchObject({ code: 409 });
  const query = {
    query: "SELECT * FROM root r WHERE r.id = @id",
    parameters: [{ name: "@id", value: "one" }],
  };
  expect((await client.databases.query(query).fetchAll()).resources).toMatchObject([{ id: "one" }]);
  await makeContainer(first.database);
  await first.database.delete();
  const { resources } = await client.databases.readAll().fetchAll();
  expect(resources.map(({ id }) => id)).toEqual(["shop"]);
  expect(await refusal(client.database("one").read())).toMatchObject({ code: 404 });
});

test("a container keeps what it was created with over a restart", async () => {
  const { database, restart } = await useCosmos();
  const definition = {
    id: "orders",
    partitionKey: {
      paths: ["/brandId", "/id"],
      kind: PartitionKeyKind.MultiHash,
      version: PartitionKeyDefinitionVersion.V2,
    },
    defaultTtl: 3600,
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/reference"] }] },
    indexingPolicy: {
      includedPaths: [{ path: "/*" }, { path: "/pendingSince/?" }],
      excludedPaths: [],
      compositeIndexes: [
        [
          { path: "/brandId", order: "ascending" as const },
          { path: "/sort", order: "descending" as const },
        ],
      ],
    },
  };
  const created = await database.containers.createIfNotExists(definition);
  expect(created.statusCode).toBe(201);
  const reopened = await restart();
  const { resource } = await reopened.database.container("orders").read();
  expect(resource).toMatchObject(definition);
  const again = await reopened.database.containers.createIfNotExists(definition);
  expect(again.statusCode).toBe(200);
  expect(again.resource?.["_rid"]).toBe(created.resource?.["_rid"]);
});

test("throughput is kept as an offer and can be replaced", async () => {
  const { database } = await useCosmos();
  const manual = await makeContainer(database, { throughput: 500 });
  const { offer, resource } = await manual.readOffer();
  expect(resource?.content?.offerThroughput).toBe(500);
  await offer?.replace({ ...resource!, content: { ...resource!.content!, offerThroughput: 900 } });
  expect((await manual.readOffer()).resource?.content?.offerThroughput).toBe(900);
  const autoscale = await makeContainer(database, { maxThroughput: 4000 });
  const settings = (await autoscale.readOffer()).resource?.content?.offerAutopilotSettings;
  expect(settings?.maxThroughput).toBe(4000);
  const without = await makeContainer(database);
  expect((await without.readOffer()).resource).toBeUndefined();
});

test("much throughput means several key ranges that cover the whole space", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 18_000 });
  const { resources } = await container.readPartitionKeyRanges().fetchAll();
  expect(resources.map(({ id }) => id)).toEqual(["0", "1", "2"]);
  expect(resources[0]?.minInclusive).toBe("");
  expect(resources.at(-1)?.maxExclusive).toBe("FF");
  expect(resources[1]?.minInclusive).toBe(resources[0]?.maxExclusive);
});

test("the partition key of a container cannot be changed, its indexing policy can", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "1", pk: "a", rank: 7 });
  const { resource } = await container.read();
  const moved = { ...resource!, partitionKey: { paths: ["/other"] } };
  expect(await refusal(container.replace(moved))).toMatchObject({ code: 400 });
  const indexingPolicy = { includedPaths: [{ path: "/*" }, { path: "/rank/?" }] };
  await container.replace({ ...resource!, indexingPolicy });
  await container.items.create({ id: "2", pk: "b", rank: 3 });
  const { resources } = await container.items
    .query("SELECT VALUE c.id FROM c WHERE c.rank < 100 ORDER BY c.rank")
    .fetchAll();
  expect(resources).toEqual(["2", "1"]);
});

test.each([
  ["no root path", { includedPaths: [{ path: "/a/?" }], excludedPaths: [] }, "root path"],
  [
    "the root path both in and out",
    { includedPaths: [{ path: "/*" }], excludedPaths: [{ path: "/*" }] },
    "root path",
  ],
  [
    "a path without an end",
    { includedPaths: [{ path: "/*" }, { path: "/a" }] },
    "'/a' could not be accepted",
  ],
  ["a path that begins nowhere", { excludedPaths: [{ path: "a/?" }] }, "'a/?' could not be accepted"],
])("an indexing policy with %s is refused", async (_what, indexingPolicy, reason) => {
  const { database } = await useCosmos();
  const { code, message } = await refusal(makeContainer(database, { indexingPolicy }));
  expect(code).toBe(400);
  expect(message).toContain(reason);
});

test("who has not seen the latest change of a container or a throughput changes nothing", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 400 });
  const { resource, etag } = await container.read();
  const seen = { accessCondition: { type: "IfMatch", condition: etag } };
  expect((await container.replace({ ...resource!, defaultTtl: 60 }, seen)).statusCode).toBe(200);
  expect(await refusal(container.replace({ ...resource!, defaultTtl: 5 }, seen))).toMatchObject({
    code: 412,
  });
  expect(await refusal(container.delete(seen))).toMatchObject({ code: 412 });
  const { offer, resource: own } = await container.readOffer();
  const change = { ...own!, content: { ...own!.content!, offerThroughput: 900 } };
  expect(await refusal(offer.replace(change, seen))).toMatchObject({ code: 412 });
  expect((await container.readOffer()).resource?.content?.offerThroughput).toBe(400);
  expect((await container.read()).resource?.defaultTtl).toBe(60);
});

test("what is not supported is refused by name", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const vectors = makeContainer(database, { vectorEmbeddingPolicy: { vectorEmbeddings: [] } });
  expect((await refusal(vectors)).message).toContain("vectorEmbeddingPolicy");
  const procedure = container.scripts.storedProcedure("p").execute("a");
  expect((await refusal(procedure)).message).toContain("sprocs");
  expect((await refusal(database.users.create({ id: "u" }))).message).toContain("users");
});
