import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCosmosWatch } from "#shared/adapters/cosmos/cosmos-watch.ts";
import type { WatchRecord } from "#shared/contracts/watch.ts";
import { freshWatch } from "#shared/domain/alarms/watch.ts";
import type { WatchStore } from "#shared/ports/watch-store.ts";
import { createMemoryWatchStore } from "../fakes/memory-watch.ts";
import { openCosmos } from "./cosmos-world.ts";

const MINUTE = 60_000;
const record = (countedUntilMs: number): WatchRecord => ({
  state: structuredClone({ ...freshWatch, looks: {}, fingerprints: [], orders: [], ringing: [] }),
  marks: { stock: "17" },
  countedUntilMs,
});

const inMemory = () => Promise.resolve({ store: createMemoryWatchStore(), stop: () => Promise.resolve() });
const inCosmos = async () => {
  const cosmos = await openCosmos();
  const { watch } = await cosmos.newContainers();
  return { store: createCosmosWatch(watch), stop: () => cosmos.stop() };
};

describe.each([
  ["in memory", inMemory],
  ["Cosmos DB", inCosmos],
])("the memory of the watch: %s", (_name, open) => {
  let store: WatchStore;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ store, stop } = await open());
  });
  afterAll(() => stop());

  test("of two looks at the same time one is remembered", async () => {
    expect(await store.load()).toEqual({ record: undefined, version: undefined });
    const first = await Promise.all([store.save(record(1), undefined), store.save(record(2), undefined)]);
    expect(first.filter(Boolean)).toHaveLength(1);
    const { version } = await store.load();
    expect(await store.save(record(3), version)).toBe(true);
    expect(await store.save(record(4), version)).toBe(false);
    expect((await store.load()).record).toEqual(record(3));
  });

  test("counts of many instances at the same time add up, minute by minute", async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.count(5 * MINUTE, { handled_stock: n, orders_accepted: 1 })),
    );
    await store.count(6 * MINUTE, { handled_stock: 1 });
    const minutes = await store.minutes();
    expect(minutes.toSorted((a, b) => a.minuteMs - b.minuteMs)).toEqual([
      { minuteMs: 5 * MINUTE, counts: { handled_stock: 45, orders_accepted: 10 } },
      { minuteMs: 6 * MINUTE, counts: { handled_stock: 1 } },
    ]);
  });
});
