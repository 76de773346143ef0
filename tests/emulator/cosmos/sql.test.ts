import type { Container, FeedOptions, JSONValue } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

const items = [
  {
    id: "1",
    pk: "a",
    team: "red",
    n: 10,
    tags: ["x", "y"],
    lines: [
      { sku: "p", qty: 2 },
      { sku: "q", qty: 1 },
    ],
  },
  { id: "2", pk: "b", team: "blue", n: 20, tags: ["y"], lines: [{ sku: "p", qty: 5 }] },
  { id: "3", pk: "a", team: "red", n: null, tags: [] },
  { id: "4", pk: "c", n: 7, tags: ["z", "y", "x"] },
  { id: "5", pk: "b", team: "blue", n: 20 },
  { id: "6", pk: "a", team: "red", n: 5, lines: [{ sku: "q", qty: 9 }] },
] as const;

async function useItems(ranges: 1 | 3 = 1): Promise<Container> {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: ranges === 1 ? 400 : 18_000 });
  for (const item of items) await container.items.create(item);
  return container;
}

async function run(container: Container, query: string, options?: FeedOptions): Promise<JSONValue[]> {
  return (await container.items.query<JSONValue>(query, options).fetchAll()).resources;
}

const sorted = (values: readonly JSONValue[]): readonly string[] =>
  values.map((value) => JSON.stringify(value)).toSorted();

/** Their order is nobody's promise. */
const unordered: readonly (readonly [string, readonly JSONValue[]])[] = [
  ["SELECT DISTINCT VALUE c.team FROM c", ["red", "blue"]],
  ["SELECT DISTINCT c.team, c.n FROM c WHERE c.pk = 'b'", [{ team: "blue", n: 20 }]],
  [
    "SELECT c.team, COUNT(1) AS n FROM c GROUP BY c.team",
    [{ n: 1 }, { team: "blue", n: 2 }, { team: "red", n: 3 }],
  ],
  [
    "SELECT c.pk, MAX(c.n) AS most, MIN(c.n) AS low, SUM(c.n) AS total, AVG(c.n) AS mean FROM c WHERE IS_NUMBER(c.n) GROUP BY c.pk",
    [
      { pk: "a", most: 10, low: 5, total: 15, mean: 7.5 },
      { pk: "b", most: 20, low: 20, total: 40, mean: 20 },
      { pk: "c", most: 7, low: 7, total: 7, mean: 7 },
    ],
  ],
  ["SELECT VALUE c.team FROM c WHERE IS_DEFINED(c.team) GROUP BY c.team", ["red", "blue"]],
  ["SELECT VALUE COUNT(1) FROM c GROUP BY c.pk", [1, 2, 3]],
  [
    "SELECT UPPER(c.pk) AS key, COUNTIF(c.n > 9) AS big FROM c GROUP BY UPPER(c.pk)",
    [
      { key: "A", big: 1 },
      { key: "B", big: 2 },
      { key: "C", big: 0 },
    ],
  ],
  ["SELECT VALUE MAKESET(c.team) FROM c WHERE c.team = 'red'", [["red"]]],
  ["SELECT VALUE t FROM c JOIN t IN c.tags", ["x", "y", "y", "z", "y", "x"]],
  [
    "SELECT c.id, l.sku, t FROM c JOIN l IN c.lines JOIN t IN c.tags WHERE l.qty > 1",
    [
      { id: "1", sku: "p", t: "x" },
      { id: "1", sku: "p", t: "y" },
      { id: "2", sku: "p", t: "y" },
    ],
  ],
  ["SELECT VALUE t FROM t IN c.tags WHERE t = 'x'", ["x", "x"]],
  ["SELECT * FROM c.lines", [[...items[0].lines], [...items[1].lines], [...items[5].lines]]],
  ["SELECT VALUE l.qty FROM c JOIN (SELECT VALUE l FROM l IN c.lines WHERE l.sku = 'q') AS l", [1, 9]],
  ["SELECT VALUE COUNT(1) FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t != 'y')", [3]],
  [
    "SELECT c.id, r.name FROM c JOIN r IN (SELECT VALUE [{key: 'b', name: 'Bee'}, {key: 'z', name: 'Zee'}]) WHERE c.pk = r.key",
    [
      { id: "2", name: "Bee" },
      { id: "5", name: "Bee" },
    ],
  ],
  ["SELECT VALUE c.id FROM c WHERE EXISTS (SELECT VALUE t FROM t IN c.tags WHERE t = 'z')", ["4"]],
  ["SELECT VALUE c.id FROM c WHERE EXISTS (SELECT VALUE undefined)", []],
  [
    "SELECT c.id, ARRAY(SELECT VALUE l.sku FROM l IN c.lines) AS skus FROM c WHERE c.pk = 'b'",
    [
      { id: "2", skus: ["p"] },
      { id: "5", skus: [] },
    ],
  ],
  [
    "SELECT c.id, (SELECT VALUE SUM(l.qty) FROM l IN c.lines) AS total FROM c WHERE c.id = '1'",
    [{ id: "1", total: 3 }],
  ],
  ["SELECT VALUE s.double FROM (SELECT c.n * 2 AS double FROM c WHERE c.n > 9) AS s", [20, 40, 40]],
  ["SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.tags GROUP BY t) FROM c WHERE c.id = '2'", [1]],
  ["SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags", ["x", "y", "z"]],
  [
    "SELECT t, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY t",
    [
      { t: "x", n: 2 },
      { t: "y", n: 3 },
      { t: "z", n: 1 },
    ],
  ],
  ["SELECT VALUE {a: c.nope, b: null} FROM c WHERE c.id = '1'", [{ b: null }]],
  ["SELECT VALUE COUNT(c.n) FROM c WHERE c.n = null", [1]],
];

test.each([1, 3] as const)("distinct, groups, joins and subqueries over %i ranges", async (ranges) => {
  const container = await useItems(ranges);
  for (const [query, expected] of unordered) {
    expect({ query, found: sorted(await run(container, query)) }).toEqual({ query, found: sorted(expected) });
  }
});

const ordered: readonly (readonly [string, readonly JSONValue[]])[] = [
  ["SELECT DISTINCT VALUE c.n FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n", [5, 7, 10, 20]],
  ["SELECT DISTINCT VALUE c.n FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n DESC OFFSET 1 LIMIT 2", [10, 7]],
  ["SELECT DISTINCT TOP 2 VALUE c.pk FROM c WHERE IS_NUMBER(c.n) ORDER BY c.n DESC", ["b", "a"]],
  [
    "SELECT VALUE t FROM c JOIN t IN c.tags WHERE IS_NUMBER(c.n) ORDER BY c.n",
    ["z", "y", "x", "x", "y", "y"],
  ],
  ["SELECT TOP 2 VALUE l.qty FROM c JOIN l IN c.lines WHERE IS_NUMBER(c.n) ORDER BY c.n", [9, 2]],
];

test.each([1, 3] as const)(
  "ordered results stay in order when joined or made distinct (%i ranges)",
  async (ranges) => {
    const container = await useItems(ranges);
    for (const [query, expected] of ordered) {
      expect({ query, found: await run(container, query) }).toEqual({ query, found: expected });
    }
  },
);

test("within one partition key all of it is answered at once, page by page", async () => {
  const container = await useItems();
  const one = { partitionKey: "a", maxItemCount: 1 };
  expect(await run(container, "SELECT VALUE t FROM c JOIN t IN c.tags", one)).toEqual(["x", "y"]);
  expect(await run(container, "SELECT DISTINCT VALUE c.team FROM c", one)).toEqual(["red"]);
  expect(await run(container, "SELECT c.n, COUNT(1) AS k FROM c GROUP BY c.n", one)).toHaveLength(3);
  const lines = "SELECT VALUE l.qty FROM c JOIN l IN c.lines";
  expect(await run(container, `${lines} ORDER BY c.n DESC`, one)).toEqual([2, 1, 9]);
  expect(await run(container, `${lines} OFFSET 1 LIMIT 1`, one)).toEqual([1]);
});

test.each([
  ["SELECT DISTINCT VALUE c.rank FROM c", 7],
  ["SELECT c.rank, COUNT(1) AS n FROM c GROUP BY c.rank", 7],
  ["SELECT VALUE t FROM c JOIN t IN c.list", 60],
  ["SELECT VALUE t FROM c JOIN t IN c.list ORDER BY c.rank", 60],
])("pages of %s neither repeat nor skip, although others write between them", async (query, count) => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  const put = (id: number): Promise<unknown> =>
    container.items.upsert({ id: `${id}`, pk: "a", rank: id % 7, list: [`${id}a`, `${id}b`, `${id}c`] });
  for (let id = 100; id < 120; id++) await put(id);
  const seen: JSONValue[] = [];
  let continuationToken: string | undefined;
  let next = 130;
  do {
    const options = {
      partitionKey: "a",
      maxItemCount: 2,
      ...(continuationToken === undefined ? {} : { continuationToken }),
    };
    const page = await container.items.query<JSONValue>(query, options).fetchNext();
    seen.push(...page.resources);
    continuationToken = page.continuationToken;
    await put(100);
    if (next < 132) await put(next++);
  } while (continuationToken !== undefined);
  const old = seen.filter((value) => !/^"1[34]/.test(JSON.stringify(value)));
  expect(new Set(old.map((value) => JSON.stringify(value))).size).toBe(old.length);
  expect(old).toHaveLength(count);
});

const positioned: readonly (readonly [string, string])[] = [
  ["SELECT * FORM c", '"location":{"start":9,"end":13}'],
  ["SELECT * FROM c WHERE c.n == 1", '"location":{"start":27,"end":28}'],
  ["SELECT VALUE (SELECT VALUE 1 FROM) FROM c", '"location":{"start":33,"end":34}'],
  ["SELECT c.id FROM c GROUP BY c.team", "GROUP BY clause"],
  ["SELECT COUNT(1) FROM c WHERE COUNT(1) > 1", "only allowed in the SELECT clause"],
  ["SELECT * FROM c JOIN t IN c.tags", "single input set"],
  ["SELECT VALUE 1 FROM c JOIN c IN c.tags", "more than once"],
  ["SELECT VALUE (SELECT VALUE t FROM t IN c.tags) FROM c", "more than one result"],
  ["SELECT VALUE ARRAY(SELECT VALUE t FROM t IN c.tags ORDER BY t) FROM c", "not supported in subqueries"],
  ["SELECT c.team, COUNT(1) / 2 AS half FROM c GROUP BY c.team", "plain aggregates"],
  ["SELECT c.team FROM c GROUP BY c.team ORDER BY c.team", "'ORDER BY' is not supported together"],
  ["SELECT * FROM c ORDER BY LOWER(c.team)", "could not be mapped to a document path"],
  ["SELECT * FROM c ORDER BY c.n + 1", "could not be mapped to a document path"],
  ["SELECT VALUE t FROM c JOIN t IN c.tags ORDER BY t", "Order-by over correlated collections"],
  ["SELECT VALUE l FROM l IN c.lines ORDER BY l.qty", "Order-by over correlated collections"],
  [
    "SELECT c.Group FROM c",
    '"location":{"start":9,"end":14},"code":"SC1001","message":"Syntax error, incorrect syntax near \'Group\'."',
  ],
  ["SELECT c.id AS value FROM c", "incorrect syntax near 'value'"],
  ['SELECT c.id AS "value" FROM c', "incorrect syntax near 'value'"],
  ["SELECT VALUE REGEXMATCH(c.id, '(a)\\\\1') FROM c", "linear time"],
  [`SELECT VALUE ${"1+".repeat(50_000)}1`, "levels deep"],
];

test("a query that is wrong or not served is refused with the reason and, where there is one, the place", async () => {
  const container = await useItems();
  for (const [query, reason] of positioned) {
    const { code, message } = await refusal(run(container, query));
    expect({ query, code, fits: message.includes(reason) || message }).toEqual({
      query,
      code: 400,
      fits: true,
    });
  }
});
