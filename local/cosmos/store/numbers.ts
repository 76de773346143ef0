import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Numbers are reserved in blocks, so that a number costs no write; a restart skips the rest of a block. */
const BLOCK = 1_000_000;
/** More than any one request can take. */
const LOW_WATER = 10_000;

/**
 * One ascending series for everything that needs an order: row numbers, versions (ETags), log sequence numbers.
 * A number is never given out twice, even if the process dies: the end of its block is on disk before.
 */
export class Numbers {
  #next: number;
  #limit: number;
  readonly #reserve: StatementSync;

  constructor(db: DatabaseSync) {
    db.exec("CREATE TABLE IF NOT EXISTS numbers (reserved INTEGER NOT NULL) STRICT");
    const row = db.prepare("SELECT reserved FROM numbers").get();
    if (row === undefined) db.exec("INSERT INTO numbers VALUES (0)");
    this.#reserve = db.prepare("UPDATE numbers SET reserved = ?");
    this.#limit = Number(row?.["reserved"] ?? 0);
    this.#next = this.#limit + 1;
    this.refill();
  }

  /** True when `refill` has to run, in a transaction of its own: it must not be undone with a failed request. */
  get low(): boolean {
    return this.#limit - this.#next < LOW_WATER;
  }

  refill(): void {
    this.#limit += BLOCK;
    this.#reserve.run(this.#limit);
  }

  /** The last `refill` did not reach the disk: the next write must try again. */
  refillFailed(): void {
    this.#limit = this.#next;
  }

  take(): number {
    return this.#next++;
  }

  /** The last number given out. */
  get last(): number {
    return this.#next - 1;
  }
}
