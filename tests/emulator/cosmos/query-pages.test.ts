import { randomBytes } from "node:crypto";
import type { Container, FeedOptions } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

async function* pages(
  container: Container,
  query: string,
  options: FeedOptions,
): AsyncGenerator<readonly string[]> {
  let continuationToken: string | undefined;
  do {
    const iterator = container.items.query<string>(query, {
      ...options,
      ...(continuationToken === undefined ? {} : { continuationToken }),
    });
    const page = await iterator.fetchNext();
    yield page.resources;
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
}

test.each([
  "SELECT VALUE c.id FROM c",
  "SELECT VALUE c.id FROM c ORDER BY c.rank",
  "SELECT VALUE c.id FROM c ORDER BY c.rank DESC",
  "SELECT VALUE c.id FROM c WHERE c.indexed >= 0 ORDER BY c.indexed DESC",
  "SELECT VALUE c.id FROM c WHERE c.indexed < 100",
  "SELECT VALUE c.id FROM c ORDER BY c.rank OFFSET 3 LIMIT 90",
])("pages of %s neither repeat nor skip, although others write between them", async (query) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/indexed/?" }] },
  });
  const add = (id: number): Promise<unknown> =>
    container.items.create({ id: `${id}`, pk: "a", rank: id % 7, indexed: id % 5 });
  for (let id = 100; id < 130; id++) await add(id);
  const seen: string[] = [];
  let next = 130;
  for await (const page of pages(container, query, { partitionKey: "a", maxItemCount: 4 })) {
    seen.push(...page);
    if (page[0] !== undefined) await container.item(page[0], "a").delete();
    if (next < 133) await add(next++);
  }
  expect(new Set(seen).size).toBe(seen.length);
  const expected = query.includes("OFFSET") ? 27 : 30;
  expect(seen.filter((id) => Number(id) < 130)).toHaveLength(expected);
});

const orders: readonly (readonly [string, readonly number[]])[] = [
  ["ORDER BY c.rank", [0, 1, 2, 3]],
  ["ORDER BY c.rank DESC", [3, 2, 1, 0]],
  ["WHERE c.indexed >= 0 ORDER BY c.indexed", [0, 1, 2, 3]],
  ["WHERE c.indexed >= 0 ORDER BY c.indexed DESC", [3, 2, 1, 0]],
];

test.each(orders)("a cross-partition query %s is resumed from tokens", async (clauses, ranks) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    throughput: 18_000,
    indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/indexed/?" }] },
  });
  for (let id = 0; id < 40; id++) {
    const rank = Math.floor(id / 10);
    await container.items.create({ id: `${id}`, pk: `p${id % 11}`, rank, indexed: rank });
  }
  const seen: string[] = [];
  const options = { maxItemCount: 7, enableQueryControl: true, maxDegreeOfParallelism: 3 };
  for await (const page of pages(container, `SELECT VALUE c.id FROM c ${clauses}`, options))
    seen.push(...page);
  expect(seen.map((id) => Math.floor(Number(id) / 10))).toEqual(
    ranks.flatMap((rank) => Array(10).fill(rank)),
  );
  expect(new Set(seen).size).toBe(40);
});

test.each([
  ["an order", "SELECT VALUE c.text FROM c ORDER BY c.text"],
  ["an order along an index", "SELECT VALUE c.text FROM c WHERE c.text > '' ORDER BY c.text"],
  ["distinct results", "SELECT DISTINCT VALUE c.text FROM c"],
])("pages of %s go on behind any text, however long", async (_title, query) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/text/?" }] },
  });
  const texts = ["€ uro", "ß\r\n", "\u{1f680}", '"', "long ".repeat(10_000), `${"long ".repeat(10_000)}er`];
  for (const [n, text] of texts.entries()) await container.items.create({ id: `${n}`, pk: "a", text });
  const seen: string[] = [];
  for await (const page of pages(container, query, { partitionKey: "a", maxItemCount: 1 }))
    seen.push(...page);
  expect(seen.toSorted()).toEqual(texts.toSorted());
});

test("a page that could only be followed by a token too long for a header is refused, the whole result is not", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  // Nothing compresses it.
  const text = (seed: string): string => seed + randomBytes(20_000).toString("base64");
  for (const id of ["1", "2"]) await container.items.create({ id, pk: "a", text: text(id) });
  const query = "SELECT VALUE c.id FROM c ORDER BY c.text";
  const paged = container.items.query(query, { partitionKey: "a", maxItemCount: 1 }).fetchNext();
  expect(await refusal(paged)).toMatchObject({ code: 400, message: expect.stringContaining("one page") });
  const all = await container.items.query(query, { partitionKey: "a" }).fetchAll();
  expect(all.resources).toEqual(["1", "2"]);
});

test("a token of another query is refused", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (const id of ["1", "2"]) await container.items.create({ id, pk: "a" });
  const first = container.items.query("SELECT * FROM c", { maxItemCount: 1 });
  const { continuationToken } = await first.fetchNext();
  const other = container.items.query("SELECT * FROM c ORDER BY c.n", {
    continuationToken,
    partitionKey: "a",
  });
  expect(await refusal(other.fetchNext())).toMatchObject({ code: 400 });
});
