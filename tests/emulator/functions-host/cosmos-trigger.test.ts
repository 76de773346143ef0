import type { Container } from "@azure/cosmos";
import { expect, test } from "vitest";
import { accountKey, type CosmosUnderTest, useCosmos } from "../cosmos/use-cosmos.ts";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { said, saidTimes } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

const connection = ({ cosmos }: CosmosUnderTest): string =>
  `AccountEndpoint=${cosmos.endpoint};AccountKey=${accountKey};`;

const say = "say(context, documents.map(({ id }) => id));";

/** An app with one function on the changes of "orders"; polls every 50 ms. */
function useFeedApp(
  cosmos: CosmosUnderTest,
  {
    trigger = "",
    handler = say,
    hostOptions = {},
  }: { trigger?: string; handler?: string; hostOptions?: object },
): Promise<HostUnderTest> {
  return useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      const say = (context, value) => context.log(JSON.stringify(value));
      app.cosmosDB("changes", { connection: "Cosmos", databaseName: "shop", containerName: "%CONTAINER%", feedPollDelay: 50,
        createLeaseContainerIfNotExists: true, ${trigger}
        handler: async (documents, context) => { ${handler} } });`,
  }).then((appRoot) =>
    useHost({ appRoot, settings: { Cosmos: connection(cosmos), CONTAINER: "orders" }, ...hostOptions }),
  );
}

async function useOrders(throughput = 400): Promise<{ cosmos: CosmosUnderTest; orders: Container }> {
  const cosmos = await useCosmos();
  const { container: orders } = await cosmos.database.containers.create({
    id: "orders",
    partitionKey: { paths: ["/id"] },
    throughput,
  });
  return { cosmos, orders };
}

const add = async (orders: Container, ...ids: readonly string[]): Promise<void> => {
  for (const id of ids) await orders.items.create({ id });
};

interface Lease {
  readonly id: string;
  readonly Owner: string | null;
  readonly ContinuationToken: string | null;
}

async function leasesOf({ database }: CosmosUnderTest): Promise<Lease[]> {
  const { resources } = await database.container("leases").items.readAll<Lease>().fetchAll();
  return resources.map(({ id, Owner, ContinuationToken }) => ({ id, Owner, ContinuationToken }));
}

/** Every range is owned, and its position known. */
const watching = (cosmos: CosmosUnderTest, count = 1) =>
  eventually(async () => {
    const leases = await leasesOf(cosmos).catch(() => []);
    const known = leases.filter(
      ({ Owner, ContinuationToken }) => Owner !== null && ContinuationToken !== null,
    );
    return known.length === count ? leases : undefined;
  });

const ids = (host: HostUnderTest): string[] => said<string[]>(host).flat();

test("the function gets the documents that change from its first start on, as an array", async () => {
  const { cosmos, orders } = await useOrders();
  await add(orders, "before");
  const host = await useFeedApp(cosmos, { handler: "say(context, documents);" });
  await watching(cosmos);

  await orders.items.create({ id: "ord_1", total: 5 });
  await saidTimes(host, 1);

  expect(said(host)).toEqual([
    [expect.objectContaining({ id: "ord_1", total: 5, _lsn: expect.any(Number) })],
  ]);
});

test("startFromBeginning hands over what was there, no more than maxItemsPerInvocation at a time", async () => {
  const { cosmos, orders } = await useOrders();
  await add(orders, "a", "b", "c", "d", "e");
  const host = await useFeedApp(cosmos, { trigger: "startFromBeginning: true, maxItemsPerInvocation: 2," });
  await saidTimes(host, 3);

  expect(said(host)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("startFromTime hands over what changed since", async () => {
  const { cosmos, orders } = await useOrders();
  await add(orders, "old");
  await cosmos.clock.advance(60_000);
  const since = new Date(cosmos.clock.now()).toISOString();
  await add(orders, "new");
  const host = await useFeedApp(cosmos, { trigger: `startFromTime: "${since}",` });
  await saidTimes(host, 1);

  expect(ids(host)).toEqual(["new"]);
});

test("a throwing function without a retry policy loses the page: the lease moves on, and a line says so", async () => {
  const { cosmos, orders } = await useOrders();
  const host = await useFeedApp(cosmos, {
    handler: `${say} if (documents.some(({ id }) => id === "bad")) throw new Error("no");`,
  });
  await watching(cosmos);
  await add(orders, "bad");
  await saidTimes(host, 1);
  await add(orders, "good");
  await saidTimes(host, 2);

  expect(ids(host)).toEqual(["bad", "good"]);
  expect(host.lines.find(({ event }) => event === "change feed page lost")?.facts).toEqual({
    function: "changes",
    documents: 1,
  });
});

test("a page is lost too when the worker dies over it", async () => {
  const { cosmos, orders } = await useOrders();
  const host = await useFeedApp(cosmos, {
    handler: `${say} await new Promise((resolve) => setTimeout(resolve, 50)); if (documents[0].id === "bad") process.exit(3);`,
  });
  await watching(cosmos);
  await add(orders, "bad");
  await eventually(() => host.lines.find(({ event }) => event === "worker restarted"));
  await add(orders, "good");
  await saidTimes(host, 2);

  expect(ids(host)).toEqual(["bad", "good"]);
});

test("with a retry policy the page is tried again until it succeeds, and nothing overtakes it", async () => {
  const { cosmos, orders } = await useOrders();
  const host = await useFeedApp(cosmos, {
    trigger:
      'retry: { strategy: "exponentialBackoff", minimumInterval: 0, maximumInterval: 1000, maxRetryCount: -1 },',
    handler: `
      const attempt = context.retryContext?.retryCount ?? 0;
      say(context, [documents[0].id + attempt]);
      if (documents[0].id === "hard" && attempt < 3) throw new Error("not yet");`,
  });
  await watching(cosmos);
  await add(orders, "hard");
  await saidTimes(host, 1);
  await add(orders, "next");
  await saidTimes(host, 5);

  expect(ids(host)).toEqual(["hard0", "hard1", "hard2", "hard3", "next0"]);
});

test("a restart leaves no gap and repeats nothing that was done", async () => {
  const { cosmos, orders } = await useOrders();
  const first = await useFeedApp(cosmos, {});
  await watching(cosmos);
  await add(orders, "one");
  await saidTimes(first, 1);
  await first.stop();
  expect((await leasesOf(cosmos)).map(({ Owner }) => Owner)).toEqual([null]);
  await add(orders, "while down");

  const second = await useFeedApp(cosmos, {});
  await saidTimes(second, 1);

  expect([...ids(first), ...ids(second)]).toEqual(["one", "while down"]);
});

test("what changes while no host runs is not missed, even when nothing had changed before", async () => {
  const { cosmos, orders } = await useOrders();
  const first = await useFeedApp(cosmos, {});
  await watching(cosmos);
  await first.stop();
  await add(orders, "while down");

  const second = await useFeedApp(cosmos, {});
  await saidTimes(second, 1);

  expect(ids(second)).toEqual(["while down"]);
});

test("a page that is interrupted by the end of the host comes again on the next one", async () => {
  const { cosmos, orders } = await useOrders();
  const first = await useFeedApp(cosmos, {
    handler: `${say} await new Promise(() => {});`,
    hostOptions: { drainMs: 200 },
  });
  await watching(cosmos);
  await add(orders, "one");
  await saidTimes(first, 1);
  await first.stop();

  const second = await useFeedApp(cosmos, {});
  await saidTimes(second, 1);

  expect(ids(second)).toEqual(["one"]);
});

test("hosts come to share the ranges of a container equally, and each change then goes to one of them", async () => {
  const { cosmos, orders } = await useOrders(24_000); // four ranges
  const trigger = "leaseAcquireInterval: 200,";
  const first = await useFeedApp(cosmos, { trigger });
  await watching(cosmos, 4);
  const second = await useFeedApp(cosmos, { trigger });
  const held = ({ lines }: HostUnderTest): unknown =>
    lines.findLast(({ event }) => event === "change feed ranges")?.facts["held"];
  await eventually(() => (held(first) === 2 && held(second) === 2 ? true : undefined));
  const all = Array.from({ length: 40 }, (_, index) => `ord_${index}`);
  await add(orders, ...all);
  await eventually(() => (ids(first).length + ids(second).length >= 40 ? true : undefined));

  expect([...ids(first), ...ids(second)].toSorted()).toEqual(all.toSorted());
  expect(Math.min(ids(first).length, ids(second).length)).toBeGreaterThan(0);
});

test("two functions on one container that share their leases share its changes; with prefixes each gets all of them", async () => {
  const { cosmos, orders } = await useOrders();
  const feed = (name: string, prefix: string): string =>
    `app.cosmosDB("${name}", { connection: "Cosmos", databaseName: "shop", containerName: "orders", feedPollDelay: 50, ${prefix}
      createLeaseContainerIfNotExists: true, handler: (documents, context) => context.log(JSON.stringify(documents.map(({ id }) => "${name} " + id))) });`;
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      ${feed("a", "")} ${feed("b", "")} ${feed("c", 'leaseContainerPrefix: "c",')} ${feed("d", 'leaseContainerPrefix: "d",')}`,
  });
  const host = await useHost({ appRoot, settings: { Cosmos: connection(cosmos) } });
  await watching(cosmos, 3);
  await add(orders, "one", "two");
  await eventually(() => (ids(host).length >= 6 ? true : undefined));

  const of = (name: string): string[] => ids(host).filter((id) => id.startsWith(name));
  expect([of("c"), of("d")]).toEqual([
    ["c one", "c two"],
    ["d one", "d two"],
  ]);
  expect([...of("a"), ...of("b")].map((id) => id.slice(2)).toSorted()).toEqual(["one", "two"]);
});

test("the leases of a host that is gone are taken over when they run out", async () => {
  const { cosmos, orders } = await useOrders();
  const trigger = "leaseAcquireInterval: 200, leaseExpirationInterval: 1000, leaseRenewInterval: 300,";
  const first = await useFeedApp(cosmos, { trigger });
  const [lease] = await watching(cosmos);
  await first.stop();
  const leases = cosmos.database.container("leases");
  await leases.item(lease!.id, lease!.id).patch([
    { op: "set", path: "/Owner", value: "somebody who was killed" },
    { op: "set", path: "/timestamp", value: new Date().toISOString() },
  ]);
  const startedAt = performance.now();
  const second = await useFeedApp(cosmos, { trigger });
  await add(orders, "one");
  await saidTimes(second, 1);

  expect(performance.now() - startedAt).toBeGreaterThan(900);
  expect(ids(second)).toEqual(["one"]);
});

test("a container that does not exist is told once, and waited for", async () => {
  const cosmos = await useCosmos();
  const host = await useFeedApp(cosmos, {});
  const down = await eventually(() => host.lines.find(({ event }) => event === "listener down"));
  expect(down.facts["error"]).toContain('container "orders"');

  const { container } = await cosmos.database.containers.create({
    id: "orders",
    partitionKey: { paths: ["/id"] },
  });
  await watching(cosmos);
  await add(container, "one");
  await saidTimes(host, 1);

  expect(host.lines.filter(({ event }) => event === "listener down")).toHaveLength(1);
});
