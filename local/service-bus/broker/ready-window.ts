import { READY_WINDOW } from "../limits.ts";
import { type Head, State } from "../store/messages.ts";

/** A message that can be delivered at once; `payload` spares the disk when it is at hand. */
export interface Ready {
  readonly head: Head;
  readonly payload: Buffer | undefined;
}

/** The active messages on disk that a window looks at. */
export interface Backlog {
  /** How many one reading returns at most. */
  readonly page: number;
  /** In order, after one sequence number and up to another. */
  read(after: number, upTo: number): Head[];
}

/**
 * The messages of a queue, or of one session, that wait for a receiver, in order of sequence, a bounded number of them in
 * memory. Invariant: of the active messages up to `#cursor`, each is here, locked, or being settled; those
 * behind it are on disk only, and durable up to `#committed`.
 */
export class ReadyWindow {
  readonly #backlog: Backlog;
  readonly #capacity: number;
  #fresh: Ready[] = [];
  #next = 0;
  /** Came back (abandoned, lock expired), lowest sequence last. */
  readonly #returned: Ready[] = [];
  readonly #withdrawn = new Set<number>();
  #cursor = 0;
  #committed: number;

  constructor(backlog: Backlog, lastSequence: number, capacity = READY_WINDOW) {
    this.#backlog = backlog;
    this.#capacity = capacity;
    this.#committed = lastSequence;
  }

  /** A new message has become durable. Messages arrive in order of sequence. */
  arrive(head: Head, payload: Buffer | undefined): void {
    const upToDate = this.#cursor === this.#committed;
    this.#committed = head.sequence;
    if (!upToDate || this.#fresh.length - this.#next >= this.#capacity) return;
    // A copy: the original is a slice of the network's buffer and would keep all of it.
    this.#fresh.push({ head, payload: payload === undefined ? undefined : Buffer.from(payload) });
    this.#cursor = head.sequence;
  }

  /** A message that had been taken is available again, at its old position. */
  giveBack(head: Head): void {
    this.#withdrawn.delete(head.sequence);
    let at = this.#returned.length;
    while (at > 0 && (this.#returned[at - 1]?.head.sequence ?? 0) < head.sequence) at--;
    this.#returned.splice(at, 0, { head, payload: undefined });
  }

  /** The expiry sweep took the message from the disk. True when it may have been in memory too. */
  withdraw(head: Head): boolean {
    const inMemory = head.state === State.active && head.sequence <= this.#cursor;
    if (inMemory) this.#withdrawn.add(head.sequence);
    return inMemory;
  }

  /** The next message in order. */
  take(): Ready | undefined {
    for (;;) {
      const ready = this.#pick();
      if (ready === undefined || !this.#withdrawn.delete(ready.head.sequence)) return ready;
    }
  }

  #pick(): Ready | undefined {
    if (this.#next >= this.#fresh.length) this.#refill();
    const fresh = this.#fresh[this.#next];
    const returned = this.#returned.at(-1);
    if (returned !== undefined && (fresh === undefined || returned.head.sequence < fresh.head.sequence)) {
      return this.#returned.pop();
    }
    if (fresh === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#fresh.length) {
      this.#fresh = [];
      this.#next = 0;
    } else if (this.#next >= this.#capacity) {
      this.#fresh.splice(0, this.#next);
      this.#next = 0;
    }
    return fresh;
  }

  #refill(): void {
    if (this.#cursor >= this.#committed) return;
    const heads = this.#backlog.read(this.#cursor, this.#committed);
    this.#fresh = heads.map((head) => ({ head, payload: undefined }));
    this.#next = 0;
    this.#cursor =
      heads.length < this.#backlog.page ? this.#committed : (heads.at(-1)?.sequence ?? this.#committed);
  }
}
