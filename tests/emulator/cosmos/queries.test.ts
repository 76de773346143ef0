import type { Container, FeedOptions, JSONValue } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

interface Item {
  readonly id: string;
  readonly pk: string;
  readonly n?: number | string | null;
  readonly tags?: readonly string[];
  readonly deep?: { readonly "odd name"?: string; readonly list?: readonly object[] };
}

const items: readonly Item[] = [
  { id: "1", pk: "a", n: 10, tags: ["red", "blue"], deep: { "odd name": "x" } },
  { id: "2", pk: "b", n: 20, tags: ["red"], deep: { list: [{ k: 1, v: 2 }] } },
  { id: "3", pk: "a", n: null },
  { id: "4", pk: "c" },
  { id: "5", pk: "b", n: "30", tags: [] },
  { id: "6", pk: "a", n: 5 },
];

async function useItems(ranges: 1 | 3 = 1): Promise<Container> {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: ranges === 1 ? 400 : 18_000 });
  for (const item of items) await container.items.create(item);
  return container;
}

async function run(
  container: Container,
  query: string,
  values: Record<string, JSONValue> = {},
  options?: FeedOptions,
): Promise<unknown[]> {
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value }));
  return (await container.items.query({ query, parameters }, options).fetchAll()).resources;
}

const filters: readonly (readonly [string, Record<string, JSONValue>, readonly string[]])[] = [
  ["c.n = 10", {}, ["1"]],
  ["c.n != 10", {}, ["2", "3", "5", "6"]],
  ["c.n > @n", { "@n": 5 }, ["1", "2"]],
  ["c.n <= '30'", {}, ["5"]],
  ["c.n = null", {}, ["3"]],
  ["IS_NULL(c.n) OR NOT IS_DEFINED(c.n)", {}, ["3", "4"]],
  ["NOT (c.n = 10)", {}, ["2", "3", "5", "6"]],
  ["c.n IN (5, 20, '30')", {}, ["2", "5", "6"]],
  ["c.n NOT IN (5, 20)", {}, ["1", "3", "5"]],
  ["c.n BETWEEN 5 AND 10", {}, ["1", "6"]],
  ["c.pk = 'a' AND (c.n < 6 OR c.n = null)", {}, ["3", "6"]],
  ["ARRAY_CONTAINS(c.tags, @tag)", { "@tag": "red" }, ["1", "2"]],
  ["ARRAY_CONTAINS(@ids, c.id)", { "@ids": ["2", "4"] }, ["2", "4"]],
  ["ARRAY_CONTAINS(c.deep.list, {k: 1}, true)", {}, ["2"]],
  ["c.deep['odd name'] = \"x\"", {}, ["1"]],
  ["c.deep.list[0].v = 2", {}, ["2"]],
  ["STARTSWITH(c.id, '1') OR CONTAINS(c.pk, 'C', true)", {}, ["1", "4"]],
  ["c.tags[0] LIKE 'r_d%'", {}, ["1", "2"]],
  ["c.id NOT LIKE '[1-4]'", {}, ["5", "6"]],
  ["'100%' LIKE '%!%' ESCAPE '!' AND c.id LIKE @pattern ESCAPE '^'", { "@pattern": "^1" }, ["1"]],
  ["c.n * 2 + 1 = 21", {}, ["1"]],
  ["true", {}, ["1", "2", "3", "4", "5", "6"]],
];

test("every filter finds what it should", async () => {
  const container = await useItems();
  for (const [filter, values, expected] of filters) {
    const found = await run(container, `SELECT VALUE c.id FROM c WHERE ${filter}`, values);
    expect({ filter, found }).toEqual({ filter, found: expected });
  }
});

test("projections give exactly the chosen members, and leave out what is missing", async () => {
  const container = await useItems();
  const one = "FROM c WHERE c.id = '1'";
  expect(await run(container, `SELECT c.id, c.n AS rank, c.nope ${one}`)).toEqual([{ id: "1", rank: 10 }]);
  expect(await run(container, `SELECT VALUE c.deep["odd name"] ${one}`)).toEqual(["x"]);
  expect(await run(container, `SELECT VALUE {"id": c.id, list: [c.n, c.nope, 1]} ${one}`)).toEqual([
    { id: "1", list: [10, 1] },
  ]);
  expect(await run(container, `SELECT c.n + 1, c.pk || '!' ${one}`)).toEqual([{ $1: 11, $2: "a!" }]);
  expect(await run(container, "SELECT VALUE c.nope FROM c")).toEqual([]);
  // Keywords are names only where they are quoted.
  expect(await run(container, `SELECT VALUE {"order": c["id"], "value": c["value"] ?? 0} ${one}`)).toEqual([
    { order: "1", value: 0 },
  ]);
  const [whole] = await run(container, `SELECT * FROM items x WHERE x.id = '1'`);
  expect(whole).toEqual((await container.item("1", "a").read()).resource);
});

test.each([1, 3] as const)("an order with mixed types is by type, then value (%i ranges)", async (ranges) => {
  const container = await useItems(ranges);
  const ascending = await run(container, "SELECT VALUE c.id FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n");
  expect(ascending).toEqual(["6", "1", "2"]);
  const descending = await run(
    container,
    "SELECT TOP 2 VALUE c.id FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n DESC",
  );
  expect(descending).toEqual(["2", "1"]);
  const paged = await run(container, "SELECT c.id FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n OFFSET 1 LIMIT 1");
  expect(paged).toEqual([{ id: "1" }]);
  const within = await run(container, "SELECT VALUE c.id FROM c ORDER BY c.n", {}, { partitionKey: "a" });
  expect(within).toEqual(["3", "6", "1"]);
});

test.each([1, 3] as const)("aggregates add up over all ranges (%i)", async (ranges) => {
  const container = await useItems(ranges);
  const numbers = "FROM c WHERE IS_NUMBER(c.n)";
  expect(await run(container, "SELECT VALUE COUNT(1) FROM c")).toEqual([6]);
  expect(await run(container, "SELECT VALUE COUNT(c.n) FROM c")).toEqual([5]);
  expect(await run(container, `SELECT VALUE SUM(c.n) ${numbers}`)).toEqual([35]);
  expect(await run(container, `SELECT VALUE AVG(c.n) ${numbers}`)).toEqual([35 / 3]);
  expect(await run(container, `SELECT VALUE MIN(c.n) ${numbers}`)).toEqual([5]);
  expect(await run(container, `SELECT COUNT(1) AS n, MAX(c.n) AS most ${numbers}`)).toEqual([
    { n: 3, most: 20 },
  ]);
  const one = { partitionKey: "a" };
  expect(
    await run(container, "SELECT COUNT(1) AS n, SUM(c.n) + 1 AS more FROM c WHERE c.n > 0", {}, one),
  ).toEqual([{ n: 2, more: 16 }]);
});

test("TOP and LIMIT of a cross-partition query without order cut over all ranges", async () => {
  const container = await useItems(3);
  expect(await run(container, "SELECT TOP 4 * FROM c")).toHaveLength(4);
  expect(await run(container, "SELECT TOP @n * FROM c", { "@n": 2 })).toHaveLength(2);
  expect(await run(container, "SELECT * FROM c OFFSET 4 LIMIT 10")).toHaveLength(2);
  expect(await run(container, "SELECT TOP 0 * FROM c")).toEqual([]);
});

test("a query stays within its partition key, or within a prefix of a hierarchical one", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { partitionKey: { paths: ["/brand", "/id"] } });
  for (const [id, brand] of [
    ["1", "a"],
    ["2", "a"],
    ["3", 'a"'],
    ["4", "b"],
  ] as const) {
    await container.items.create({ id, brand });
  }
  const all = "SELECT VALUE c.id FROM c";
  expect(await run(container, all, {}, { partitionKey: ["a"] })).toEqual(["1", "2"]);
  expect(await run(container, all, {}, { partitionKey: ["a", "2"] })).toEqual(["2"]);
  expect(await run(container, all, {}, { partitionKey: ["none"] })).toEqual([]);
  expect(await run(container, "SELECT VALUE COUNT(1) FROM c", {}, { partitionKey: ["a"] })).toEqual([2]);
  const last = "SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 0 LIMIT 1";
  expect(await run(container, last, {}, { partitionKey: ["a"] })).toEqual(["2"]);
});

test("an order by several paths needs a composite index, in one direction or the other", async () => {
  const { database } = await useCosmos();
  const compositeIndexes = [
    [
      { path: "/x", order: "ascending" as const },
      { path: "/y", order: "descending" as const },
    ],
  ];
  const container = await makeContainer(database, { indexingPolicy: { compositeIndexes } });
  for (const [id, x, y] of [
    ["1", 1, 1],
    ["2", 1, 2],
    ["3", 2, 1],
    ["4", 0, undefined],
  ] as const) {
    await container.items.create({ id, pk: "a", x, ...(y === undefined ? {} : { y }) });
  }
  expect(await run(container, "SELECT VALUE c.id FROM c ORDER BY c.x, c.y DESC")).toEqual([
    "4",
    "2",
    "1",
    "3",
  ]);
  expect(await run(container, "SELECT VALUE c.id FROM c ORDER BY c.x DESC, c.y ASC")).toEqual([
    "3",
    "1",
    "2",
    "4",
  ]);
  const other = run(container, "SELECT VALUE c.id FROM c ORDER BY c.x, c.y");
  expect((await refusal(other)).message).toContain("composite index");
});

test("a list of more items than fit a page comes whole", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let batch = 0; batch < 4; batch++) {
    await container.items.batch(
      Array.from({ length: 100 }, (_, n) => ({
        operationType: "Create" as const,
        resourceBody: { id: `${batch}-${n}`, pk: "a" },
      })),
      "a",
    );
  }
  expect(await run(container, "SELECT VALUE c.id FROM c")).toHaveLength(400);
  expect((await container.items.readAll().fetchAll()).resources).toHaveLength(400);
  expect(await run(container, "SELECT VALUE c.id FROM c", {}, { maxItemCount: -1 })).toHaveLength(400);
});

test.each([
  ["SELECT * FORM c", "incorrect syntax near 'FORM'"],
  ["SELECT * FROM c WHERE", "the end of the query"],
  ["SELECT * FROM c WHERE c.n = 'open", "incorrect syntax"],
  ["SELECT * FROM c WHERE d.n = 1", "'d' could not be resolved"],
  ["SELECT * FROM c WHERE c.n = @nope", "'@nope' could not be resolved"],
  ["SELECT VALUE udf.f(c.n) FROM c", "user-defined function is not supported"],
  ["SELECT VALUE ST_DISTANCE(c.x, c.y) FROM c", "ST_DISTANCE is not supported"],
  [`SELECT * FROM c WHERE ${"(".repeat(5000)}`, "nesting"],
])("%s is refused with a reason", async (query, reason) => {
  const container = await useItems();
  const { code, message } = await refusal(run(container, query));
  expect(code).toBe(400);
  expect(message).toContain(reason);
});
