import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { GroupCommit } from "#local/sqlite/group-commit.ts";

function open() {
  const commit = new GroupCommit({ path: ":memory:", durability: "strict" });
  commit.db.exec("CREATE TABLE note (text TEXT NOT NULL)");
  const insert = commit.db.prepare("INSERT INTO note VALUES (?)");
  return { commit, note: (text: string) => commit.run(() => insert.run(text))[1] };
}

test("strict makes every commit wait for the disk, relaxed only keeps the file whole", () => {
  // SQLite's own words: 2 = FULL, an fsync before a commit returns; 1 = NORMAL, none in write-ahead mode.
  for (const [durability, synchronous] of [
    ["strict", 2],
    ["relaxed", 1],
  ] as const) {
    const commit = new GroupCommit({ path: ":memory:", durability });
    expect(commit.db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous });
    commit.close();
  }
});

test("writes of busy turns that follow each other share a commit", async () => {
  const { commit, note } = open();
  const first = note("a");
  await turn();
  expect(note("b")).toBe(first);
  await first;
  expect(commit.db.isTransaction).toBe(false);
  expect(note("c")).not.toBe(first);
  await commit.settled();
  commit.close();
});

test("a transaction that holds a batch is committed behind its turn, however busy the next ones are", async () => {
  const { commit, note } = open();
  const insert = commit.db.prepare("INSERT INTO note VALUES ('batch')");
  const [, batch] = commit.run(() => insert.run(), 100);
  const neighbour = note("in the same turn");
  expect(neighbour).toBe(batch);
  // Armed before the turn in which the commit looks, and so a write in it.
  setImmediate(() => void note("in the next turn"));
  await turn();
  expect(note("behind it")).not.toBe(batch);
  await batch;
  await commit.settled();
  commit.close();
});

test("a write that stays alone waits for no more than one quiet turn", async () => {
  const { commit, note } = open();
  let isDurable = false;
  void note("a").then(() => (isDurable = true));
  await turn();
  await turn();
  await Promise.resolve();
  expect(isDurable).toBe(true);
  commit.close();
});

test("writes that never stop do not keep the first of them from the disk", async () => {
  const { commit, note } = open();
  const first = { isDurable: false };
  void note("first").then(() => (first.isDurable = true));
  let turns = 0;
  while (!first.isDurable) {
    await turn();
    turns++;
    void note(`more ${turns}`);
  }
  expect(turns).toBeLessThanOrEqual(4);
  await commit.settled();
  commit.close();
});

test("what is open when the file is closed is committed, and a later turn finds nothing to do", async () => {
  const { commit, note } = open();
  const durable = note("a");
  commit.close();
  await expect(durable).resolves.toBeUndefined();
  await turn();
  await turn();
});

test("a write without a way back takes its neighbours with it when it fails, and everybody is told", async () => {
  const { commit, note } = open();
  const neighbour = note("a");
  const failed = commit.writeOrUndoAll(() => {
    throw new Error("a bug");
  });
  await expect(failed).rejects.toThrow("a bug");
  await expect(neighbour).rejects.toThrow("a bug");
  await note("b");
  expect(commit.db.prepare("SELECT text FROM note").all()).toEqual([{ text: "b" }]);
  commit.close();
});

test.each(["run", "runOrUndoAll"] as const)(
  "on a full disk %s tells everyone what is not there, and keeps what came after",
  async (run) => {
    const { commit, note } = open();
    commit.db.exec("PRAGMA cache_size = 10; PRAGMA max_page_count = 40");
    const insert = commit.db.prepare("INSERT INTO note VALUES (?)");
    const neighbour = note("before");
    expect(() => commit[run](() => insert.run("x".repeat(400_000)))).toThrow(/full/);
    const after = note("after");
    await expect(neighbour).rejects.toThrow(/full/);
    await after;
    expect(commit.db.prepare("SELECT text FROM note").all()).toEqual([{ text: "after" }]);
    commit.close();
  },
);
