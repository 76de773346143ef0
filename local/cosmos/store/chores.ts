import { setImmediate } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { parseStored, type Json } from "../json.ts";
import type { Log } from "../../part.ts";
import type { IndexTable } from "./index-table.ts";

/** A step of a chore: does a little, in a write transaction, and tells whether there is more to do. */
export type Step = () => boolean;

/** Rows per step: some milliseconds. */
const ROWS = 400;

/**
 * Work on whole containers (filling an index, dropping a table, new expiry times) in small steps between requests.
 * What is to be done is on disk before, so that a restart takes it up again.
 */
export class Chores {
  readonly #write: (work: Step) => Promise<boolean>;
  readonly #log: Log;
  #stopped = false;
  #last: Promise<void> = Promise.resolve();

  constructor(write: (work: Step) => Promise<boolean>, log: Log) {
    this.#write = write;
    this.#log = log;
  }

  /** Runs the steps after all chores before it; resolves when it is done or the endpoint stops. */
  add(step: Step): Promise<void> {
    this.#last = this.#last.then(() => this.#run(step));
    return this.#last;
  }

  /** Resolves when no step runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #run(step: Step): Promise<void> {
    try {
      while (!this.#stopped && (await this.#write(step))) await setImmediate();
    } catch (error) {
      this.#log("cosmos.chore-failed", { error: String(error) });
    }
  }
}

/** Puts every item that was there before the index into it. */
export function fillIndex(db: DatabaseSync, table: string, index: IndexTable, done: () => void): Step {
  const next = db.prepare(`SELECT seq, ts, body FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${ROWS}`);
  let last = 0;
  return () => {
    const rows = next.all(last);
    for (const row of rows) {
      last = Number(row["seq"]);
      index.put({ seq: last, ts: Number(row["ts"]), members: parseStored(String(row["body"])) });
    }
    if (rows.length === ROWS) return true;
    index.ready = true;
    done();
    return false;
  };
}

/** Empties a table bit by bit, then drops it: at once it could take seconds. */
export function dropTable(db: DatabaseSync, table: string, done: () => void): Step {
  const isIndex = table.startsWith("ix_");
  const columns = isIndex
    ? db
        .prepare(`PRAGMA table_info(${table})`)
        .all()
        .map((row) => String(row["name"]))
    : ["seq"];
  const some = db.prepare(`SELECT ${columns.join(", ")} FROM ${table} LIMIT ${ROWS}`);
  const remove = db.prepare(
    `DELETE FROM ${table} WHERE ${columns.map((column) => `${column} = ?`).join(" AND ")}`,
  );
  return () => {
    const rows = some.all();
    for (const row of rows) remove.run(...columns.map((column) => row[column]!));
    if (rows.length === ROWS) return true;
    db.exec(`DROP TABLE ${table}`);
    done();
    return false;
  };
}

/** Removes the unique keys of a container that is gone. */
export function dropUniqueKeys(db: DatabaseSync, container: number, done: () => void): Step {
  const remove = db.prepare(
    `DELETE FROM unique_keys WHERE (container, pk, key, value) IN (SELECT container, pk, key, value FROM unique_keys WHERE container = ? LIMIT ${ROWS})`,
  );
  return () => {
    if (remove.run(container).changes === ROWS) return true;
    done();
    return false;
  };
}

/** Recomputes when items expire after a change of the container's default time to live (undefined = never). */
export function resetExpiry(
  db: DatabaseSync,
  table: string,
  defaultTtl: Json | undefined,
  done: () => void,
): Step {
  const own = "json_extract(body, '$.ttl')";
  const isNumber = "json_type(body, '$.ttl') IN ('integer', 'real')";
  const ttl = `(CASE WHEN ${isNumber} THEN ${own} ELSE ?2 END)`;
  const value =
    typeof defaultTtl === "number" ? `CASE WHEN ${ttl} = -1 THEN NULL ELSE ts + ${ttl} END` : "NULL";
  const update = db.prepare(`UPDATE ${table} SET expires = ${value} WHERE seq = ?1`);
  const next = db.prepare(`SELECT seq FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ${ROWS}`);
  let last = 0;
  return () => {
    const rows = next.all(last);
    for (const row of rows) {
      last = Number(row["seq"]);
      if (typeof defaultTtl === "number") update.run(last, defaultTtl);
      else update.run(last);
    }
    if (rows.length === ROWS) return true;
    done();
    return false;
  };
}
