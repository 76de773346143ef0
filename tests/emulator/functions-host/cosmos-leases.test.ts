import { expect, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import type { CosmosFunction } from "#local/functions-host/app/index-functions.ts";
import { HeldLease } from "#local/functions-host/cosmos/held-lease.ts";
import { LeaseLost, LeaseStore } from "#local/functions-host/cosmos/lease-store.ts";
import { type CosmosUnderTest, useCosmos } from "../cosmos/use-cosmos.ts";

const RANGES = [{ minInclusive: "", maxExclusive: "FF" }];

const target: CosmosFunction = {
  name: "changes",
  triggerName: "t",
  trigger: "cosmosDB",
  retry: undefined,
  inputs: [],
  outputs: [],
  connectionString: "",
  databaseName: "shop",
  containerName: "orders",
  startFrom: "now",
  maxItemsPerInvocation: undefined,
  feedPollDelayMs: undefined,
  leases: {
    connectionString: "",
    databaseName: "shop",
    containerName: "leases",
    createIfNotExists: true,
    throughput: undefined,
    prefix: "",
    acquireIntervalMs: undefined,
    expirationIntervalMs: undefined,
    renewIntervalMs: undefined,
  },
};

/** What one host sees of the leases. */
const openStore = ({ client }: CosmosUnderTest): Promise<LeaseStore> =>
  LeaseStore.open(target, client, "orders", RANGES, realClock);

test("of two hosts that want the same lease at once one gets it, and the other is told", async () => {
  const cosmos = await useCosmos();
  const [first, second] = await Promise.all([openStore(cosmos), openStore(cosmos)]);
  const [[seenByFirst], [seenBySecond]] = await Promise.all([first.list(), second.list()]);

  const tries = await Promise.allSettled([
    first.change(seenByFirst!, { owner: "first" }),
    second.change(seenBySecond!, { owner: "second" }),
  ]);

  const lost = tries.flatMap((each): unknown[] => (each.status === "rejected" ? [each.reason] : []));
  expect(lost).toEqual([expect.any(LeaseLost)]);
  const winner = tries[0].status === "fulfilled" ? "first" : "second";
  expect((await first.list()).map(({ owner }) => owner)).toEqual([winner]);
});

test("a host whose lease was taken over can neither renew it nor move it on", async () => {
  const cosmos = await useCosmos();
  const store = await openStore(cosmos);
  const [lease] = await store.list();
  const held = new HeldLease(store, await store.change(lease!, { owner: "slow" }));
  const [seen] = await store.list();
  await store.change(seen!, { owner: "quick", continuation: "7" });

  await expect(held.renew()).rejects.toBeInstanceOf(LeaseLost);
  await expect(held.moveTo("3")).rejects.toBeInstanceOf(LeaseLost);
  expect((await store.list()).map(({ owner, continuation }) => [owner, continuation])).toEqual([
    ["quick", "7"],
  ]);
});

test("renewing and moving on at the same time follow each other: neither takes the other for a thief", async () => {
  const cosmos = await useCosmos();
  const store = await openStore(cosmos);
  const [lease] = await store.list();
  const held = new HeldLease(store, await store.change(lease!, { owner: "busy" }));

  await Promise.all([held.renew(), held.moveTo("1"), held.renew(), held.moveTo("2")]);

  expect(held.continuation).toBe("2");
  expect((await store.list()).map(({ owner, continuation }) => [owner, continuation])).toEqual([
    ["busy", "2"],
  ]);
});
