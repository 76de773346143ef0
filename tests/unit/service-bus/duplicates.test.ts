import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Duplicates } from "#local/service-bus/store/duplicates.ts";
import { IdIndex } from "#local/service-bus/store/id-index.ts";
import { prepareSchema } from "#local/service-bus/store/schema.ts";

function database(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  prepareSchema(db);
  return db;
}

const step = fc.record({
  kind: fc.constantFrom("send" as const, "wait" as const, "prune" as const, "restart" as const),
  id: fc.integer({ min: 0, max: 20 }),
});
const WINDOW = 100;

test("an id is new once per window, across pruning and restarts", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const db = database();
      let duplicates = new Duplicates(db);
      const seen = new Map<string, number>();
      let now = 1000;
      for (const { kind, id } of steps) {
        const name = `id-${id}`;
        if (kind === "wait") now += id * 5;
        else if (kind === "prune") duplicates.prune(1, now, WINDOW);
        else if (kind === "restart") duplicates = new Duplicates(db);
        else {
          const expected = (seen.get(name) ?? -Infinity) <= now - WINDOW;
          if (expected) seen.set(name, now);
          if (duplicates.isFirst(1, name, now, WINDOW) !== expected) throw new Error(`${name} at ${now}`);
        }
      }
      db.close();
    }),
  );
});

test("what a failed write left behind makes no message a duplicate", () => {
  const db = database();
  const duplicates = new Duplicates(db);
  db.exec("BEGIN");
  expect(duplicates.isFirst(1, "a", 0, WINDOW)).toBe(true);
  db.exec("ROLLBACK");
  expect(duplicates.isFirst(1, "a", 0, WINDOW)).toBe(true);
  expect(duplicates.isFirst(1, "a", 0, WINDOW)).toBe(false);
  db.close();
});

test("ids of one batch are found in it and after it, whatever characters they have", () => {
  const db = database();
  let duplicates = new Duplicates(db);
  const ask = (...ids: readonly string[]): boolean[] =>
    duplicates.together(5, () => ids.map((id) => duplicates.isFirst(1, id, 5, WINDOW)));
  expect(ask("a", "b", "a", '\u{1f363}"')).toEqual([true, true, false, true]);
  expect(ask("\0ulong:1", "\0ulong:2", "\0ulong:1")).toEqual([true, true, false]);
  expect(ask("b", "c", '\u{1f363}"', "\0ulong:2")).toEqual([false, true, false, false]);
  duplicates = new Duplicates(db);
  expect(ask("a", "\0ulong:1", "c", '\u{1f363}"', "d")).toEqual([false, false, false, false, true]);
  db.close();
});

test("a batch that fails leaves nothing, and the next finds its own place", () => {
  const db = database();
  const duplicates = new Duplicates(db);
  const fail = (): never => {
    duplicates.isFirst(1, "a", 0, WINDOW);
    throw new Error("no room");
  };
  expect(() => duplicates.together(0, fail)).toThrow("no room");
  expect(duplicates.isFirst(1, "a", 0, WINDOW)).toBe(true);
  expect(duplicates.isFirst(1, "a", 0, WINDOW)).toBe(false);
  db.close();
});

test("ids with the same hash are told apart, and the index forgets what is old", () => {
  const index = new IdIndex();
  for (let entry = 1; entry <= 5000; entry++) index.add(entry % 7, entry, Math.max(1, entry - 100));
  expect([...index.candidates(3)].filter((entry) => entry > 4900)).toHaveLength(14);
  expect([...index.candidates(3)].length).toBeLessThan(400);
});

test("the history of an older version is taken over", () => {
  const db = database();
  db.exec(`DROP TABLE duplicate_log;
    CREATE TABLE duplicate (entity INTEGER, message_id TEXT, seen_at INTEGER, PRIMARY KEY (entity, message_id));
    INSERT INTO duplicate VALUES (1, 'b', 20), (1, 'a', 10), (2, 'a', 5);
    PRAGMA user_version = 2;`);
  prepareSchema(db);
  const duplicates = new Duplicates(db);
  expect(duplicates.isFirst(1, "a", 50, WINDOW)).toBe(false);
  expect(duplicates.isFirst(2, "b", 50, WINDOW)).toBe(true);
  db.close();
});
