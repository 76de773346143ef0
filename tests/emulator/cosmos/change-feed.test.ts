import {
  ChangeFeedStartFrom,
  PartitionKeyDefinitionVersion,
  StatusCodes,
  type ChangeFeedPullModelIterator,
  type Container,
  type FeedRange,
} from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, useCosmos } from "./use-cosmos.ts";

interface Changed {
  readonly id: string;
  readonly n: number;
}

/** Reads until nothing new is there; gives the pages and where to go on. */
async function drain(
  feed: ChangeFeedPullModelIterator<Changed>,
): Promise<{ readonly pages: Changed[][]; readonly token: string }> {
  const pages: Changed[][] = [];
  for (;;) {
    const response = await feed.readNext();
    if (response.statusCode === StatusCodes.NotModified) return { pages, token: response.continuationToken };
    pages.push([...response.result]);
  }
}

const fromBeginning = (container: Container, maxItemCount = 3): ChangeFeedPullModelIterator<Changed> =>
  container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
    maxItemCount,
  });

test("the feed shows every item once, at its latest version, in the order of the changes", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let n = 0; n < 8; n++) await container.items.create({ id: `${n}`, pk: `p${n % 2}`, n });
  await container.item("2", "p0").patch([{ op: "set", path: "/n", value: 100 }]);
  await container.item("5", "p1").delete();
  const { pages } = await drain(fromBeginning(container));
  const found = pages.flat();
  expect(found.map(({ id }) => id)).toEqual(["0", "1", "3", "4", "6", "7", "2"]);
  expect(found.at(-1)).toMatchObject({ n: 100 });
  expect(found[0]).toHaveProperty("_lsn");
});

test("the feed resumes over a restart without gap or repetition", async () => {
  const { database, restart } = await useCosmos();
  const container = await makeContainer(database, { throughput: 18_000 });
  for (let n = 0; n < 20; n++) await container.items.create({ id: `${n}`, pk: `p${n}`, n });
  const { pages, token } = await drain(fromBeginning(container));
  expect(pages.flat()).toHaveLength(20);
  const again = await restart();
  const reopened = again.database.container(container.id);
  await reopened.item("3", "p3").delete();
  await reopened.items.create({ id: "20", pk: "p20", n: 20 });
  await reopened.items.upsert({ id: "4", pk: "p4", n: 44 });
  const resumed = reopened.items.getChangeFeedIterator<Changed>({
    changeFeedStartFrom: ChangeFeedStartFrom.Continuation(token),
  });
  const more = await drain(resumed);
  expect(new Set(more.pages.flat().map(({ id }) => id))).toEqual(new Set(["20", "4"]));
});

test("a page never splits a transaction", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let batch = 0; batch < 4; batch++) {
    const operations = [0, 1, 2].map((n) => ({
      operationType: "Create" as const,
      resourceBody: { id: `${batch}-${n}`, pk: "a", n },
    }));
    await container.items.batch(operations, "a");
  }
  const { pages } = await drain(fromBeginning(container, 2));
  expect(pages.map((page) => page.map(({ id }) => id))).toEqual(
    [0, 1, 2, 3].map((batch) => [0, 1, 2].map((n) => `${batch}-${n}`)),
  );
});

test("the feed of a partition key shows that key only", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  for (let n = 0; n < 6; n++) await container.items.create({ id: `${n}`, pk: `p${n % 2}`, n });
  const feed = container.items.getChangeFeedIterator<Changed>({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning("p1"),
  });
  expect((await drain(feed)).pages.flat().map(({ id }) => id)).toEqual(["1", "3", "5"]);
});

test("the feeds of all ranges together show everything", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, { throughput: 24_000 });
  for (let n = 0; n < 40; n++) await container.items.create({ id: `${n}`, pk: `p${n}`, n });
  const counts: number[] = [];
  for (const range of await container.getFeedRanges()) {
    const feed = container.items.getChangeFeedIterator<Changed>({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning(range),
    });
    counts.push((await drain(feed)).pages.flat().length);
  }
  expect(counts).toHaveLength(4);
  expect(counts.reduce((a, b) => a + b)).toBe(40);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

test("from now shows what comes later; from a time what came since", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "old", pk: "a", n: 0 });
  const now = container.items.getChangeFeedIterator<Changed>({
    changeFeedStartFrom: ChangeFeedStartFrom.Now(),
  });
  expect((await now.readNext()).statusCode).toBe(StatusCodes.NotModified);
  await clock.advance(60_000);
  const time = new Date(clock.now());
  await container.items.create({ id: "new", pk: "a", n: 1 });
  expect((await drain(now)).pages.flat().map(({ id }) => id)).toEqual(["new"]);
  const since = container.items.getChangeFeedIterator<Changed>({
    changeFeedStartFrom: ChangeFeedStartFrom.Time(time),
  });
  expect((await drain(since)).pages.flat().map(({ id }) => id)).toEqual(["new"]);
});

test("a feed range may be finer than a key range: its halves show everything once", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database, {
    partitionKey: { paths: ["/pk"], version: PartitionKeyDefinitionVersion.V2 },
  });
  for (let n = 0; n < 40; n++) await container.items.create({ id: `${n}`, pk: `p${n}`, n });
  const halves = [
    { minInclusive: "", maxExclusive: "20000000000000000000000000000000" },
    { minInclusive: "20000000000000000000000000000000", maxExclusive: "FF" },
  ];
  const [whole] = await container.getFeedRanges();
  const found: string[][] = [];
  for (const bounds of halves) {
    // The client takes its own kind of object only.
    const half: FeedRange = Object.assign(Object.create(Object.getPrototypeOf(whole)), bounds);
    const { pages } = await drain(
      container.items.getChangeFeedIterator<Changed>({
        changeFeedStartFrom: ChangeFeedStartFrom.Beginning(half),
      }),
    );
    found.push(pages.flat().map(({ id }) => id));
  }
  expect(found.every((ids) => ids.length > 5)).toBe(true);
  expect(new Set(found.flat()).size).toBe(40);
  expect(found.flat()).toHaveLength(40);
});

test("the feed of one partition key, or since a time, finds its few items among thousands of others", async () => {
  const { database, clock } = await useCosmos();
  const container = await makeContainer(database);
  for (let batch = 0; batch < 50; batch++) {
    await container.items.batch(
      Array.from({ length: 100 }, (_, n) => ({
        operationType: "Create" as const,
        resourceBody: { id: `${batch}-${n}`, pk: "crowd", n },
      })),
      "crowd",
    );
    if (batch % 20 === 0) await container.items.create({ id: `rare${batch}`, pk: "rare", n: batch });
  }
  await clock.advance(60_000);
  const since = new Date(clock.now());
  await container.items.create({ id: "late", pk: "crowd", n: 1 });
  const rare = await drain(
    container.items.getChangeFeedIterator<Changed>({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning("rare"),
    }),
  );
  expect(rare.pages.flat().map(({ id }) => id)).toEqual(["rare0", "rare20", "rare40"]);
  const late = await drain(
    container.items.getChangeFeedIterator<Changed>({ changeFeedStartFrom: ChangeFeedStartFrom.Time(since) }),
  );
  expect(late.pages.flat().map(({ id }) => id)).toEqual(["late"]);
});
