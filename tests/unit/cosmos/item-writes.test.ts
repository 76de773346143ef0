import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { badRequest } from "#local/cosmos/refusal.ts";
import { Store } from "#local/cosmos/store/store.ts";

function useStore(): { store: Store; put: (n: number) => number; all: () => number[] } {
  const folder = mkdtempSync(join(tmpdir(), "cosmos-store-"));
  const store = new Store(folder, "relaxed", createHandClock());
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  store.db.exec("CREATE TABLE marks (n INTEGER NOT NULL) STRICT");
  const insert = store.db.prepare("INSERT INTO marks VALUES (?)");
  return {
    store,
    put(n) {
      insert.run(n);
      return n;
    },
    all: () =>
      store.db
        .prepare("SELECT n FROM marks ORDER BY n")
        .all()
        .map(({ n }) => Number(n)),
  };
}

test("a refusal among writes of one turn reaches its caller and nobody else", async () => {
  const { store, put, all } = useStore();
  const refused = (): number => {
    throw badRequest("no");
  };
  const results = await Promise.allSettled([
    store.writeItem(() => put(1)),
    store.writeItem(refused),
    store.writeItem(() => put(2)),
  ]);
  expect(results).toMatchObject([{ value: 1 }, { reason: { status: 400 } }, { value: 2 }]);
  expect(all()).toEqual([1, 2]);
});

test("a bug in one write undoes what that write did, and its neighbours are written all the same, once", async () => {
  const { store, put, all } = useStore();
  const broken = (): number => {
    put(99);
    throw new Error("a bug");
  };
  const results = await Promise.allSettled([
    store.writeItem(() => put(1)),
    store.writeItem(broken),
    store.writeItem(() => put(2)),
  ]);
  expect(results).toMatchObject([{ value: 1 }, { reason: { message: "a bug" } }, { value: 2 }]);
  expect(all()).toEqual([1, 2]);
});

test("a write that gives up half-way is undone alone, and its neighbours are written once", async () => {
  const { store, put, all } = useStore();
  const givesUp = (): number => {
    put(99);
    throw new Error("half-way");
  };
  const results = await Promise.allSettled([
    store.writeItem(() => put(1)),
    store.writeItem(givesUp, true),
    store.writeItem(() => put(2)),
  ]);
  expect(results).toMatchObject([{ value: 1 }, { reason: { message: "half-way" } }, { value: 2 }]);
  expect(all()).toEqual([1, 2]);
});
