import type { OperationInput, PartitionKey } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

const SECOND = 1000;

test("an item comes back as it was sent, with system properties", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database);
  const sent = { id: "1", pk: "a", text: 'Grüße "\u2028" \\ 😀', deep: { list: [1, null, { x: -0.5 }] } };
  const created = await container.items.create(sent);
  expect(created.statusCode).toBe(201);
  const read = await container.item("1", "a").read();
  expect(read.resource).toEqual(created.resource);
  expect(read.resource).toMatchObject(sent);
  expect(read.resource?.["_ts"]).toBe(Math.floor(clock.now() / SECOND));
  expect(read.etag).toBe(read.resource?.["_etag"]);
  const rid: string = read.resource?.["_rid"];
  expect(Buffer.from(rid.replaceAll("-", "/"), "base64")).toHaveLength(16);
});

test("a missing item reads as 404, a second create is a conflict, deleting makes room again", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  expect((await container.item("1", "a").read()).statusCode).toBe(404);
  await container.items.create({ id: "1", pk: "a" });
  expect(await refusal(container.items.create({ id: "1", pk: "a" }))).toMatchObject({ code: 409 });
  await container.items.create({ id: "1", pk: "b" });
  expect((await container.item("1", "a").delete()).statusCode).toBe(204);
  expect(await refusal(container.item("1", "a").delete())).toMatchObject({ code: 404 });
  expect((await container.items.create({ id: "1", pk: "a" })).statusCode).toBe(201);
});

test("upsert creates, then replaces; replace needs an item", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  expect((await container.items.upsert({ id: "1", pk: "a", n: 1 })).statusCode).toBe(201);
  const second = await container.items.upsert({ id: "1", pk: "a", n: 2 });
  expect(second.statusCode).toBe(200);
  expect((await container.item("1", "a").read()).resource?.n).toBe(2);
  expect(await refusal(container.item("2", "a").replace({ id: "2", pk: "a" }))).toMatchObject({ code: 404 });
  const other = container.item("1", "a").replace({ id: "other", pk: "a" });
  expect(await refusal(other)).toMatchObject({ code: 400 });
});

test("of two writers with the same ETag one wins", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const { etag } = await container.items.create({ id: "1", pk: "a", n: 0 });
  const accessCondition = { type: "IfMatch", condition: etag };
  const item = container.item("1", "a");
  const won = await item.replace({ id: "1", pk: "a", n: 1 }, { accessCondition });
  expect(won.etag).not.toBe(etag);
  const replace = item.replace({ id: "1", pk: "a", n: 2 }, { accessCondition });
  expect(await refusal(replace)).toMatchObject({ code: 412 });
  expect(await refusal(item.delete({ accessCondition }))).toMatchObject({ code: 412 });
  const patch = item.patch([{ op: "set", path: "/n", value: 3 }], { accessCondition });
  expect(await refusal(patch)).toMatchObject({ code: 412 });
  expect((await item.read()).resource?.n).toBe(1);
});

test("a reader with the current ETag is told that nothing changed", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const { etag } = await container.items.create({ id: "1", pk: "a" });
  const accessCondition = { type: "IfNoneMatch", condition: etag };
  const same = await container.item("1", "a").read({ accessCondition });
  expect(same.statusCode).toBe(304);
  await container.items.upsert({ id: "1", pk: "a", changed: true });
  const changed = await container.item("1", "a").read({ accessCondition });
  expect(changed.resource?.changed).toBe(true);
});

test.each([["äöü 😀"], ["a b?c=d&e"], ["100%"], ["%2F"], ['it\'s "quoted"'], ["+plus"], ["x".repeat(1023)]])(
  "an id may be %j",
  async (id) => {
    const { database } = await useCosmos();
    const container = await makeContainer(database);
    await container.items.create({ id, pk: id });
    expect((await container.item(id, id).read()).resource?.id).toBe(id);
    expect((await container.item(id, id).patch([{ op: "set", path: "/n", value: 1 }])).statusCode).toBe(200);
    expect((await container.item(id, id).delete()).statusCode).toBe(204);
  },
);

test("an id may hold every character that the service allows, anywhere in it", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const ascii = Array.from({ length: 0x7f - 0x20 }, (_, n) => String.fromCharCode(0x20 + n));
  // The client itself refuses `#`, too.
  const characters = ascii.filter((character) => !"/\\#".includes(character));
  const all = [...characters, "ß", "\u00a0", "€", "漢", "\u{1f680}"].flatMap((c) => [
    `${c}x`,
    `x${c}y`,
    `x${c}`,
  ]);
  const ids = [...new Set(all)];
  const operations = ids.map((id) => ({
    operationType: "Create" as const,
    partitionKey: id,
    resourceBody: { id, pk: id },
  }));
  for (let from = 0; from < ids.length; from += 100)
    await container.items.bulk(operations.slice(from, from + 100));
  // The client sends `x?` as `x`: to it, that is a URL with an empty query.
  const readable = ids.filter((id) => !id.endsWith("?"));
  const read = await Promise.all(
    readable.map(async (id) => (await container.item(id, id).read()).resource?.id),
  );
  expect(read).toEqual(readable);
  const { resources } = await container.items.query<string>("SELECT VALUE c.id FROM c").fetchAll();
  expect(resources.toSorted()).toEqual(ids.toSorted());
});

test.each(["a/b", "a\\b"])("an id may not be %j", async (id) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  // In bulk, where the client does not look at it first.
  const operation = { operationType: "Create" as const, partitionKey: "a", resourceBody: { id, pk: "a" } };
  const [outcome] = await container.items.bulk([operation]);
  expect(outcome?.statusCode).toBe(400);
});

const keys: readonly [PartitionKey | undefined][] = [["text"], [42], [-1.5], [true], [null], [undefined]];

test.each(keys)("a partition key may be %j", async (pk) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 18_000 });
  await container.items.create(pk === undefined ? { id: "1" } : { id: "1", pk });
  const read = await container.item("1", pk).read();
  expect(read.statusCode).toBe(200);
  const patch: OperationInput = {
    operationType: "Patch",
    id: "1",
    resourceBody: [{ op: "incr", path: "/n", value: 1 }],
  };
  const operation: OperationInput = pk === undefined ? patch : { ...patch, partitionKey: pk };
  const [result] = await container.items.bulk([operation]);
  expect(result?.statusCode).toBe(200);
});

test("a body that contradicts the partition key of the request is refused", async () => {
  const { cosmos, database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "1", pk: "a" });
  expect(await refusal(container.item("1", "a").replace({ id: "1", pk: "b" }))).toMatchObject({ code: 400 });
  expect(cosmos.port).toBeGreaterThan(0);
});

test("an expired item is gone at once, from reads, queries and for creating it anew", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database, { defaultTtl: 60 });
  await container.items.create({ id: "default", pk: "a" });
  await container.items.create({ id: "short", pk: "a", ttl: 7 });
  await container.items.create({ id: "never", pk: "a", ttl: -1 });
  const ids = async (): Promise<string[]> =>
    (await container.items.query("SELECT VALUE c.id FROM c").fetchAll()).resources;
  expect(await ids()).toEqual(["default", "short", "never"]);
  // Not a multiple of the purge's interval: the item is expired, but still on disk.
  await clock.advance(7 * SECOND);
  expect(await ids()).toEqual(["default", "never"]);
  expect((await container.item("short", "a").read()).statusCode).toBe(404);
  expect((await container.items.create({ id: "short", pk: "a" })).statusCode).toBe(201);
  await clock.advance(120 * SECOND);
  expect(await ids()).toEqual(["never"]);
});

test("without a default an item's own time to live has no effect; -1 as default turns it on", async () => {
  const { database, clock } = await useCosmos();
  const off = await makeContainer(database);
  const on = await makeContainer(database, { defaultTtl: -1 });
  for (const container of [off, on]) await container.items.create({ id: "1", pk: "a", ttl: 5 });
  await clock.advance(6 * SECOND);
  expect((await off.item("1", "a").read()).statusCode).toBe(200);
  expect((await on.item("1", "a").read()).statusCode).toBe(404);
});

test("unique keys hold within a partition key, over every way to write", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database, {
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/mail"] }] },
    defaultTtl: -1,
  });
  await container.items.create({ id: "1", pk: "a", mail: "x" });
  expect(await refusal(container.items.create({ id: "2", pk: "a", mail: "x" }))).toMatchObject({ code: 409 });
  await container.items.create({ id: "2", pk: "b", mail: "x" });
  await container.items.create({ id: "3", pk: "a", mail: "y", ttl: 5 });
  const patch = container.item("3", "a").patch([{ op: "set", path: "/mail", value: "x" }]);
  expect(await refusal(patch)).toMatchObject({ code: 409 });
  const taken = { id: "3", pk: "a", mail: "x" };
  expect(await refusal(container.item("3", "a").replace(taken))).toMatchObject({ code: 409 });
  expect(await refusal(container.items.upsert(taken))).toMatchObject({ code: 409 });
  expect(await refusal(container.items.upsert({ ...taken, id: "new" }))).toMatchObject({ code: 409 });
  const creates = [
    { operationType: "Create" as const, resourceBody: { id: "6", pk: "a", mail: "z" } },
    { operationType: "Create" as const, resourceBody: { id: "7", pk: "a", mail: "z" } },
  ];
  expect((await container.items.batch(creates, "a")).result?.map(({ statusCode }) => statusCode)).toEqual([
    424, 409,
  ]);
  const bulk = await container.items.bulk(creates.map((operation) => ({ ...operation, partitionKey: "a" })));
  expect(bulk.map(({ statusCode }) => statusCode)).toEqual([201, 409]);
  await container.item("1", "a").delete();
  await container.items.create({ id: "4", pk: "a", mail: "x" });
  await clock.advance(6 * SECOND);
  expect((await container.items.create({ id: "5", pk: "a", mail: "y" })).statusCode).toBe(201);
});

test("a hierarchical key needs all its parts for a point operation", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { partitionKey: { paths: ["/a", "/b"] } });
  await container.items.create({ id: "1", a: "x", b: 2 });
  expect((await container.item("1", ["x", 2]).read()).statusCode).toBe(200);
  expect(await refusal(container.item("1", ["x"]).read())).toMatchObject({ code: 400 });
});

test("all items of a partition key can be deleted at once", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let n = 0; n < 5; n++) await container.items.create({ id: `${n}`, pk: n < 3 ? "a" : "b" });
  await container.deleteAllItemsForPartitionKey("a");
  const { resources } = await container.items.query("SELECT VALUE c.id FROM c").fetchAll();
  expect(resources).toEqual(["3", "4"]);
});
