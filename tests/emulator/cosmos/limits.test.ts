import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

const nested = (levels: number): object => {
  let value: object = {};
  for (let level = 1; level < levels; level++) value = { in: value };
  return value;
};

test("an item nests 128 levels deep and no deeper, however it is written", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  expect((await container.items.create({ id: "1", pk: "a", deep: nested(127) })).statusCode).toBe(201);
  expect(await refusal(container.items.create({ id: "2", pk: "a", deep: nested(128) }))).toMatchObject({
    code: 400,
  });
  expect(await refusal(container.items.create({ id: "2", pk: "a", deep: nested(2000) }))).toMatchObject({
    code: 400,
  });
  const patch = container.item("1", "a").patch([{ op: "set", path: "/deep", value: nested(128) }]);
  expect(await refusal(patch)).toMatchObject({ code: 400 });
});

test("an item has two megabytes and an id 1023 bytes", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const text = "x".repeat(2 * 1024 * 1024 - 100);
  expect((await container.items.create({ id: "1", pk: "a", text })).statusCode).toBe(201);
  const large = container.items.create({ id: "2", pk: "a", text: `${text}${text.slice(0, 200)}` });
  expect(await refusal(large)).toMatchObject({ code: 413 });
  expect((await container.items.create({ id: "i".repeat(1023), pk: "a" })).statusCode).toBe(201);
  expect(await refusal(container.items.create({ id: "é".repeat(512), pk: "a" }))).toMatchObject({
    code: 400,
  });
});

test("every range has a session token of its own", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 18_000 });
  const ranges = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const { headers } = await container.items.create({ id: `${n}`, pk: `p${n}` });
    ranges.add(String(headers["x-ms-session-token"]).split(":")[0]!);
  }
  expect(ranges).toEqual(new Set(["0", "1", "2"]));
});

test("a new default time to live holds for what was there already, in a container of any size", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database);
  for (let n = 0; n < 1000; n += 100) {
    await container.items.bulk(
      Array.from({ length: 100 }, (_, i) => ({
        operationType: "Create" as const,
        partitionKey: "a",
        resourceBody: { id: `${n + i}`, pk: "a", ...(i === 0 ? { ttl: -1 } : {}) },
      })),
    );
  }
  const { resource } = await container.read();
  await container.replace({ ...resource!, defaultTtl: 60 });
  const count = async (): Promise<number | undefined> =>
    (await container.items.query<number>("SELECT VALUE COUNT(1) FROM c").fetchAll()).resources[0];
  expect(await count()).toBe(1000);
  await clock.advance(61_000);
  expect(await count()).toBe(10);
});
