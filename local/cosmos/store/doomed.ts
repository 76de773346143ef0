import type { DatabaseSync, StatementSync } from "node:sqlite";
import { dropTable, dropUniqueKeys, type Chores, type Step } from "./chores.ts";

/**
 * Tables that nothing uses any more, and that go away bit by bit. Which ones is on disk together with the change
 * that made them useless. `unique_keys <n>` stands for the unique keys of container n.
 */
export class Doomed {
  readonly #db: DatabaseSync;
  readonly #chores: Chores;
  readonly #sql: Readonly<Record<"add" | "has" | "remove" | "all", StatementSync>>;

  constructor(db: DatabaseSync, chores: Chores) {
    this.#db = db;
    this.#chores = chores;
    db.exec("CREATE TABLE IF NOT EXISTS doomed (name TEXT PRIMARY KEY) STRICT");
    this.#sql = {
      add: db.prepare("INSERT OR IGNORE INTO doomed VALUES (?)"),
      has: db.prepare("SELECT 1 FROM doomed WHERE name = ?"),
      remove: db.prepare("DELETE FROM doomed WHERE name = ?"),
      all: db.prepare("SELECT name FROM doomed"),
    };
  }

  /** Inside the transaction of the change. */
  add(name: string): void {
    this.#sql.add.run(name);
    this.#drop(name);
  }

  has(name: string): boolean {
    return this.#sql.has.get(name) !== undefined;
  }

  resume(): void {
    for (const row of this.#sql.all.all()) this.#drop(String(row["name"]));
  }

  #drop(name: string): void {
    let step: Step | undefined;
    void this.#chores.add(() => {
      // The change may have been undone, or an earlier chore may have been here.
      if (!this.has(name)) return false;
      step ??= this.#stepOf(name);
      return step();
    });
  }

  #stepOf(name: string): Step {
    const done = (): void => void this.#sql.remove.run(name);
    const [table, container] = name.split(" ");
    return container === undefined
      ? dropTable(this.#db, table!, done)
      : dropUniqueKeys(this.#db, Number(container), done);
  }
}
