import type { Container } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

const COUNT = 3000;

async function fill(container: Container, count = COUNT): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    await container.items.bulk(
      Array.from({ length: 100 }, (_, n) => {
        const id = from + n;
        return {
          operationType: "Create" as const,
          partitionKey: `p${id % 7}`,
          resourceBody: { id: `${id}`, pk: `p${id % 7}`, rank: id % 1000, kind: `k${id % 3}`, secret: id },
        };
      }),
    );
  }
}

/** What the server says a query cost; it grows with the number of items looked at. */
async function cost(container: Container, query: string): Promise<number> {
  return (await container.items.query(query).fetchAll()).requestCharge;
}

/** A scan of all items costs more than a hundred. */
const CHEAP = 10;

const asked: readonly (readonly [string, readonly string[]])[] = [
  ["SELECT VALUE c.id FROM c WHERE c.rank = 17 ORDER BY c.id", ["1017", "17", "2017"]],
  ["SELECT VALUE c.id FROM c WHERE c.rank > 997 AND c.rank < 999", ["998", "1998", "2998"]],
  ["SELECT TOP 2 VALUE c.id FROM c ORDER BY c.rank DESC", ["2999", "1999"]],
  ["SELECT TOP 2 VALUE c.id FROM c WHERE c.kind = 'k1' ORDER BY c.rank", ["1000", "1"]],
  ["SELECT VALUE c.id FROM c WHERE c.id = '77'", ["77"]],
];

test("a path that only the wildcard includes is indexed once queries ask for it, and stays so", async () => {
  const { database, restart } = await useCosmos();
  const { id } = await makeContainer(database, { throughput: 400 });
  const container = database.container(id);
  await fill(container);
  expect(await cost(container, asked[0]![0])).toBeGreaterThan(100);
  for (const [query, expected] of asked) {
    await expect.poll(() => cost(container, query), { timeout: 10_000 }).toBeLessThan(CHEAP);
    const { resources } = await container.items.query<string>(query).fetchAll();
    expect({ query, found: new Set(resources) }).toEqual({ query, found: new Set(expected) });
  }
  await container.item("17", "p3").patch([{ op: "set", path: "/rank", value: 5000 }]);
  await container.item("1017", "p2").delete();
  await container.items.create({ id: "new", pk: "x", rank: 17 });
  const all = (await container.items.query<string>("SELECT VALUE c.id FROM c ORDER BY c.rank").fetchAll())
    .resources;
  expect(all).toHaveLength(COUNT);
  expect(new Set(all).size).toBe(COUNT);
  expect(all.at(-1)).toBe("17");
  const again = (await restart()).database.container(id);
  const query = "SELECT VALUE c.id FROM c WHERE c.rank = 17";
  expect((await again.items.query(query).fetchAll()).resources).toEqual(["2017", "new"]);
  expect(await cost(again, query)).toBeLessThan(CHEAP);
});

test("a path that the policy leaves out is not indexed, and cannot be ordered by", async () => {
  const { database } = await useCosmos();
  const indexingPolicy = { includedPaths: [{ path: "/*" }], excludedPaths: [{ path: "/secret/?" }] };
  const container = await makeContainer(database, { indexingPolicy });
  await fill(container);
  const query = "SELECT VALUE c.id FROM c WHERE c.secret = 5";
  const first = await cost(container, query);
  await container.items.create({ id: "later", pk: "a" });
  expect(await cost(container, query)).toBeGreaterThan(first / 2);
  const ordered = container.items.query("SELECT * FROM c ORDER BY c.secret").fetchAll();
  expect(await refusal(ordered)).toMatchObject({ code: 400 });
});

test("an index that is added to a full container is filled while requests go on", async () => {
  const { database, restart } = await useCosmos();
  const container = await makeContainer(database);
  await fill(container);
  const { resource } = await container.read();
  const paths = [{ path: "/*" }, { path: "/rank/?" }];
  await container.replace({ ...resource!, indexingPolicy: { includedPaths: paths } });
  await container.items.upsert({ id: "17", pk: "p3", rank: -1 });
  const query = "SELECT VALUE c.id FROM c WHERE c.rank = 17";
  await expect.poll(() => cost(container, query), { timeout: 10_000 }).toBeLessThan(CHEAP);
  expect((await container.items.query(query).fetchAll()).resources).toEqual(["1017", "2017"]);
  expect(await cost((await restart()).database.container(container.id), query)).toBeLessThan(CHEAP);
});

test("a partition key with very many items is read page by page, without gap or repetition", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let from = 0; from < 2500; from += 100) {
    await container.items.batch(
      Array.from({ length: 100 }, (_, n) => ({
        operationType: "Create" as const,
        resourceBody: { id: `${from + n}`, pk: "a" },
      })),
      "a",
    );
  }
  const iterator = container.items.query<string>("SELECT VALUE c.id FROM c", {
    partitionKey: "a",
    maxItemCount: 400,
  });
  const seen: string[] = [];
  while (iterator.hasMoreResults()) {
    const { resources } = await iterator.fetchNext();
    seen.push(...resources);
    if (resources[0] !== undefined) await container.item(resources[0], "a").delete();
  }
  expect(seen).toHaveLength(2500);
  expect(new Set(seen).size).toBe(2500);
});

test("a query whose container is deleted meanwhile ends with 404, and a new container of that name is empty", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await fill(container);
  const slow = "SELECT VALUE COUNT(1) FROM c WHERE c.rank > -1 AND LENGTH(REPLICATE(c.kind, 9999)) > 0";
  const asking = refusal(container.items.query(slow).fetchAll());
  await container.delete();
  expect(await asking).toMatchObject({ code: 404 });
  const { container: next } = await database.containers.create({
    id: container.id,
    partitionKey: { paths: ["/pk"] },
  });
  expect((await next.items.readAll().fetchAll()).resources).toEqual([]);
});
