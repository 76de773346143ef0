import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/**
 * A message is two rows: a small head, clustered by queue and sequence number, and its content. Scans,
 * counts and lock bookkeeping touch heads only, so they cost the same whatever the bodies weigh.
 *
 * `message.queue` is an entity's id times four plus the sub-queue (0 main, 1 dead letters, 2 transfer dead
 * letters). `early` marks a message that expires before one in front of it, so that everything else expires
 * in order of sequence and needs no index.
 */
const SCHEMA_VERSION = 3;

const ddl = `
  CREATE TABLE IF NOT EXISTS entity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE COLLATE NOCASE,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS rule (
    subscription INTEGER NOT NULL REFERENCES entity(id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (subscription, name)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sequence (
    queue INTEGER PRIMARY KEY,
    reserved INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS message (
    queue INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    state INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    enqueue_sequence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    early INTEGER NOT NULL,
    scheduled_at INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL,
    source TEXT,
    session TEXT,
    content INTEGER NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (queue, sequence)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS message_scheduled ON message (queue, scheduled_at) WHERE state = 2;
  CREATE INDEX IF NOT EXISTS message_early ON message (queue, expires_at) WHERE early = 1;
  DROP INDEX IF EXISTS message_session;
  CREATE INDEX IF NOT EXISTS message_by_session ON message (queue, session, state, sequence) WHERE session IS NOT NULL;
  CREATE TABLE IF NOT EXISTS session (
    queue INTEGER NOT NULL,
    id TEXT NOT NULL,
    state BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (queue, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS content (
    id INTEGER PRIMARY KEY,
    payload BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS duplicate_log (
    entity INTEGER NOT NULL,
    id INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (entity, id)
  ) WITHOUT ROWID;
`;

const fromVersion1 = `
  ALTER TABLE message ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
  UPDATE message SET size = (SELECT length(payload) FROM content WHERE id = message.content);
`;

/** The history of message ids was a table in order of ids; now it is a log. */
const fromVersion2 = `
  INSERT INTO duplicate_log SELECT entity, row_number() OVER (PARTITION BY entity ORDER BY seen_at), message_id, seen_at
    FROM duplicate;
  DROP TABLE duplicate;
`;

/** Creates what is missing. @throws when the file was written by a newer version */
export function prepareSchema(db: DatabaseSync): void {
  const version = query<{ user_version: number }>(db, "PRAGMA user_version").get()?.user_version ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `the Service Bus data was written by a newer version (${version}); this one knows ${SCHEMA_VERSION}`,
    );
  }
  if (version === 1) db.exec(fromVersion1);
  db.exec(ddl);
  if (version === 1 || version === 2) db.exec(fromVersion2);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

export interface Query<Row> {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
}

/** A prepared SELECT with the type of its rows, which stands beside the SQL that makes them. */
export function query<Row>(db: DatabaseSync, sql: string): Query<Row> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- node:sqlite cannot know our columns
  return db.prepare(sql) as unknown as Query<Row>;
}
