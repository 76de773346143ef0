import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Messages } from "#local/service-bus/store/messages.ts";
import { prepareSchema } from "#local/service-bus/store/schema.ts";

test("a file of the first version is taken over with all its messages", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(`
    CREATE TABLE message (
      queue INTEGER, sequence INTEGER, state INTEGER, enqueued_at INTEGER, enqueue_sequence INTEGER, expires_at INTEGER,
      early INTEGER, scheduled_at INTEGER, delivery_count INTEGER, source TEXT, session TEXT, content INTEGER,
      PRIMARY KEY (queue, sequence)) WITHOUT ROWID;
    CREATE TABLE content (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);
    CREATE TABLE duplicate (entity INTEGER, message_id TEXT, seen_at INTEGER, PRIMARY KEY (entity, message_id));
    INSERT INTO content VALUES (7, x'0102030405');
    INSERT INTO message VALUES (4, 1, 0, 10, 1, 99, 0, 0, 2, NULL, NULL, 7);
    INSERT INTO duplicate VALUES (1, 'a', 10);
    PRAGMA user_version = 1;
  `);
  prepareSchema(db);
  const messages = new Messages(db);
  expect(messages.find(4, 1)).toMatchObject({ deliveryCount: 2, content: 7, size: 5 });
  expect(messages.tallies()).toMatchObject([{ queue: 4, messages: 1, bytes: 5 }]);
  expect(db.prepare("SELECT * FROM duplicate_log").all()).toMatchObject([{ entity: 1, message_id: "a" }]);
  db.close();
});

test("a file of a newer version is left alone", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA user_version = 99");
  expect(() => prepareSchema(db)).toThrow(/newer version \(99\)/);
  db.close();
});
