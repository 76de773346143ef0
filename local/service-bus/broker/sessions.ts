import { sessionLockLost } from "../errors.ts";
import { SESSION_WINDOW } from "../limits.ts";
import type { Head } from "../store/messages.ts";
import type { SessionStore } from "../store/sessions.ts";
import type { Consumer } from "./consumers.ts";
import { Due } from "./due.ts";
import type { MessageQueue } from "./message-queue.ts";
import { SessionHold } from "./session-hold.ts";
import { SessionLine } from "./session-line.ts";

/** Somebody who waits for any session. */
interface Waiter {
  readonly consumer: Consumer;
  readonly granted: (hold: SessionHold) => void;
}

/**
 * The sessions of one queue: who holds which, and which wait. Holds live in memory alone; a restart frees
 * all, as it does with locks.
 */
export class Sessions {
  readonly #queue: MessageQueue;
  readonly #store: SessionStore;
  readonly #line: SessionLine;
  readonly #holds = new Map<string, SessionHold>();
  readonly #waiters = new Set<Waiter>();
  readonly #awake = new Set<SessionHold>();
  readonly #timer: Due;
  #committed: number;

  constructor(queue: MessageQueue, lastSequence: number) {
    this.#queue = queue;
    this.#store = queue.machinery.sessions;
    this.#committed = lastSequence;
    const backlog = {
      next: (after: string | undefined, upTo: string) => this.#store.next(queue.id, after, upTo),
      last: () => this.#store.last(queue.id),
    };
    this.#line = new SessionLine(backlog, { mayHaveMissed: lastSequence > 0 });
    this.#timer = new Due(queue.machinery.clock, () => this.#expire());
  }

  /** A session by name, with or without messages; undefined when somebody holds it. */
  hold(id: string, consumer: Consumer): SessionHold | undefined {
    if (this.#holds.has(id)) return undefined;
    const { id: queue } = this.#queue;
    const hold = new SessionHold(this.#queue, id, consumer, {
      backlog: {
        page: SESSION_WINDOW,
        read: (after, upTo) => this.#store.activeBetween(queue, id, after, upTo),
      },
      committed: this.#committed,
      freed: () => this.#freed(id),
    });
    this.#holds.set(id, hold);
    this.#timer.by(hold.until);
    return hold;
  }

  /** The session that has waited longest for a receiver. */
  next(consumer: Consumer): SessionHold | undefined {
    for (let id = this.#line.take(); id !== undefined; id = this.#line.take()) {
      if (this.#isAvailable(id)) return this.hold(id, consumer);
    }
    return undefined;
  }

  /** Calls back with the next session that becomes available, until the returned function is called. */
  wait(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    return () => void this.#waiters.delete(waiter);
  }

  /** The hold on a session; undefined when nobody holds it. */
  held(id: string): SessionHold | undefined {
    const hold = this.#holds.get(id);
    return hold?.isHeld(this.#queue.machinery.clock.now()) === true ? hold : undefined;
  }

  /** The time until which the session is locked now. */
  renew(hold: SessionHold): number {
    hold.until = this.#queue.machinery.clock.now() + this.#queue.settings().lockMs;
    return hold.until;
  }

  /** A new message is on disk. */
  arrive(head: Head, payload: Buffer | undefined): void {
    this.#committed = head.sequence;
    if (head.session === null) return;
    const hold = this.#holds.get(head.session);
    // Every window must learn how far the disk may be read, but only this session's has something to read.
    if (hold === undefined) return this.#available(head.session);
    hold.window.arrive(head, payload);
    this.#awake.add(hold);
  }

  /** A message that was taken is available again. */
  giveBack(head: Head): void {
    if (head.session === null) return;
    const hold = this.#holds.get(head.session);
    if (hold === undefined) return this.#available(head.session);
    hold.giveBack(head);
    this.#awake.add(hold);
  }

  /** As `ReadyWindow.withdraw`, for the session's window. */
  withdraw(head: Head): boolean {
    const hold = head.session === null ? undefined : this.#holds.get(head.session);
    return hold?.window.withdraw(head) === true;
  }

  /** Hands out what came since the last call. */
  deliver(): void {
    for (const hold of this.#awake) {
      this.#awake.delete(hold);
      hold.deliver();
    }
  }

  /** Every holder, and everybody who waits for a session. */
  *consumers(): Generator<Consumer> {
    for (const hold of this.#holds.values()) yield hold.consumer;
    for (const waiter of this.#waiters) yield waiter.consumer;
  }

  stop(): void {
    this.#timer.stop();
    this.#waiters.clear();
  }

  #available(id: string): void {
    const [waiter] = this.#waiters;
    const hold = waiter === undefined ? undefined : this.hold(id, waiter.consumer);
    if (waiter === undefined || hold === undefined) return this.#line.add(id);
    this.#waiters.delete(waiter);
    waiter.granted(hold);
  }

  #freed(id: string): void {
    const hold = this.#holds.get(id);
    if (hold !== undefined) this.#awake.delete(hold);
    this.#holds.delete(id);
    if (this.#isAvailable(id)) this.#available(id);
  }

  #isAvailable(id: string): boolean {
    return !this.#holds.has(id) && this.#store.hasActive(this.#queue.id, id, this.#committed);
  }

  #expire(): void {
    const now = this.#queue.machinery.clock.now();
    let next: number | undefined;
    for (const hold of this.#holds.values()) {
      if (hold.until > now) {
        next = Math.min(next ?? hold.until, hold.until);
        continue;
      }
      hold.consumer.evict(sessionLockLost(hold.id));
      hold.end("expired");
    }
    this.#timer.by(next);
  }
}
