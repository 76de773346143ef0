import { SESSION_LINE, SESSION_REFILL } from "../limits.ts";

/** The sessions on disk that have messages, in order of their ids. */
export interface SessionBacklog {
  next(after: string | undefined, upTo: string): string | undefined;
  last(): string | undefined;
}

/**
 * The sessions that wait for a receiver: first come, first served, each once. A bounded number of them is in
 * memory. When more wait, the rest is found on disk in rounds through the ids, each round ending where the
 * ids ended when it began, so that neither new sessions nor a busy one keep another waiting for ever. What
 * comes out may have been served or locked meanwhile; the caller looks.
 */
export class SessionLine {
  readonly #backlog: SessionBacklog;
  readonly #capacity: number;
  readonly #waiting = new Set<string>();
  /** Sessions came that found no place since the round began. */
  #missed: boolean;
  #round: { cursor: string | undefined; readonly end: string } | undefined;

  /** `mayHaveMissed`: sessions may wait on disk since before this line began. */
  constructor(
    backlog: SessionBacklog,
    { capacity = SESSION_LINE, mayHaveMissed = true }: { capacity?: number; mayHaveMissed?: boolean } = {},
  ) {
    this.#backlog = backlog;
    this.#capacity = capacity;
    this.#missed = mayHaveMissed;
  }

  /** The session has messages and nobody holds it. */
  add(id: string): void {
    if (this.#waiting.has(id)) return;
    // While others wait on disk, a session that comes back must not overtake them.
    if (this.#waiting.size < this.#capacity && !this.#missed && this.#round === undefined) {
      this.#waiting.add(id);
    } else {
      this.#missed = true;
    }
  }

  take(): string | undefined {
    if (this.#waiting.size === 0) this.#refill();
    for (const id of this.#waiting) {
      this.#waiting.delete(id);
      return id;
    }
    return undefined;
  }

  #refill(): void {
    if (this.#round === undefined && !this.#missed) return;
    const round = this.#round ?? this.#begin();
    if (round === undefined) return;
    while (this.#waiting.size < SESSION_REFILL) {
      const id = this.#backlog.next(round.cursor, round.end);
      if (id === undefined) {
        this.#round = undefined;
        return;
      }
      this.#waiting.add(id);
      round.cursor = id;
    }
  }

  #begin(): { cursor: string | undefined; readonly end: string } | undefined {
    const end = this.#backlog.last();
    this.#missed = false;
    if (end === undefined) return undefined;
    this.#round = { cursor: undefined, end };
    return this.#round;
  }
}
