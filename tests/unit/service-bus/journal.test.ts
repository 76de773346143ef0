import { expect, test } from "vitest";
import { GroupCommit } from "#local/sqlite/group-commit.ts";
import { Journal } from "#local/service-bus/store/journal.ts";
import { prepareSchema } from "#local/service-bus/store/schema.ts";
import { Sequences } from "#local/service-bus/store/sequences.ts";

function open() {
  const commit = new GroupCommit({ path: ":memory:", durability: "relaxed" });
  commit.db.exec("CREATE TABLE note (text TEXT NOT NULL)");
  const undone: number[] = [];
  const logged: string[] = [];
  const journal = new Journal(
    commit,
    (event) => logged.push(event),
    () => undone.push(1),
  );
  const insert = commit.db.prepare("INSERT INTO note VALUES (?)");
  const happened: string[] = [];
  const write = (name: string, work = (): unknown => insert.run(name)): void =>
    journal.write(
      work,
      () => happened.push(`${name}${commit.db.isTransaction ? " too early" : ""}`),
      () => happened.push(`${name} failed`),
    );
  return { commit, journal, write, happened, undone, logged };
}

test("consequences follow the commit, in the order of the writes", async () => {
  const { write, happened, journal } = open();
  write("a");
  write("b");
  expect(happened).toEqual([]);
  await journal.settled();
  expect(happened).toEqual(["a", "b"]);
});

test("a write that throws is undone alone and its neighbours stand", async () => {
  const { write, happened, undone, commit, journal } = open();
  write("a");
  write("b", () => {
    commit.db.exec("INSERT INTO note VALUES ('half')");
    throw new Error("no");
  });
  write("c");
  await journal.settled();
  expect(happened.toSorted()).toEqual(["a", "b failed", "c"]);
  expect(undone).toEqual([1]);
  expect(commit.db.prepare("SELECT text FROM note").all()).toEqual([{ text: "a" }, { text: "c" }]);
});

test("a plain write that throws takes its whole transaction along, and the next one is none the worse", async () => {
  const { write, happened, undone, commit, journal } = open();
  write("a");
  journal.writePlain(
    () => {
      commit.db.exec("INSERT INTO note VALUES ('half')");
      throw new Error("no");
    },
    () => happened.push("b"),
    () => happened.push("b failed"),
  );
  write("c");
  await journal.settled();
  expect(happened.toSorted()).toEqual(["a failed", "b failed", "c"]);
  expect(undone.length).toBeGreaterThan(0);
  expect(commit.db.prepare("SELECT text FROM note").all()).toEqual([{ text: "c" }]);
});

test("when the disk refuses the commit, everybody is told and nothing is there", async () => {
  const { write, happened, undone, commit, journal, logged } = open();
  commit.db.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
  commit.db.exec("CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)");
  write("a");
  write("b", () => commit.db.exec("INSERT INTO child VALUES (1)"));
  await journal.settled();
  expect(happened).toEqual(["a failed", "b failed"]);
  expect(undone).toEqual([1]);
  expect(logged).toEqual(["service-bus.commit-failed"]);
  expect(commit.db.prepare("SELECT text FROM note").all()).toEqual([]);
  write("c");
  await journal.settled();
  expect(happened.at(-1)).toBe("c");
});

test("a consequence that throws does not keep the others from happening", async () => {
  const { journal, write, happened, logged } = open();
  journal.write(
    () => undefined,
    () => {
      throw new Error("bug");
    },
    () => undefined,
  );
  write("b");
  await journal.settled();
  expect(happened).toEqual(["b"]);
  expect(logged).toEqual(["service-bus.bug"]);
});

test("sequence numbers never repeat, whatever was undone or cut off", () => {
  const commit = new GroupCommit({ path: ":memory:", durability: "relaxed" });
  prepareSchema(commit.db);
  const first = new Sequences(commit.db);
  expect([first.next(4), first.next(4), first.next(8)]).toEqual([1, 2, 1]);

  commit.db.exec("BEGIN");
  for (let n = 0; n < 1500; n++) first.next(4);
  commit.db.exec("ROLLBACK");
  first.distrust();
  const last = first.next(4);
  expect(last).toBe(1503);

  // As after a crash: only what is on disk counts.
  expect(new Sequences(commit.db).next(4)).toBeGreaterThan(last);
  // As after an orderly stop: no gap.
  first.giveBackUnused();
  expect(new Sequences(commit.db).next(4)).toBe(last + 1);
});
