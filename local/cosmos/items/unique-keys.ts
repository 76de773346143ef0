import type { DatabaseSync, StatementSync } from "node:sqlite";
import { atPath, type JsonObject } from "../json.ts";
import type { Container } from "../store/container.ts";

/** Unique keys hold within one partition key. Missing values count like null: only one item may lack them. */
export class UniqueKeys {
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare(
      "SELECT seq FROM unique_keys WHERE container = ? AND pk = ? AND key = ? AND value = ?",
    );
    this.#put = db.prepare("INSERT INTO unique_keys VALUES (?, ?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM unique_keys WHERE container = ? AND seq = ?");
  }

  /** The row that holds one of the document's keys, other than the document's own. */
  holder(
    container: Container,
    pk: string,
    document: JsonObject,
    own: number | undefined,
  ): number | undefined {
    for (const [key, value] of valuesOf(container, document)) {
      const row = this.#find.get(container.number, pk, key, value);
      if (row !== undefined && row["seq"] !== own) return Number(row["seq"]);
    }
    return undefined;
  }

  /** Makes the document's keys those of row `seq`. */
  put(container: Container, pk: string, document: JsonObject, seq: number): void {
    if (container.uniqueKeys.length === 0) return;
    this.remove(container, seq);
    for (const [key, value] of valuesOf(container, document)) {
      this.#put.run(container.number, pk, key, value, seq);
    }
  }

  remove(container: Container, seq: number): void {
    if (container.uniqueKeys.length > 0) this.#remove.run(container.number, seq);
  }
}

function valuesOf(container: Container, document: JsonObject): readonly (readonly [number, string])[] {
  return container.uniqueKeys.map((paths, key) => [
    key,
    JSON.stringify(paths.map((path) => atPath(document, path) ?? null)),
  ]);
}
