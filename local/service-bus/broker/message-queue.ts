import type { BrokerError } from "../errors.ts";
import { CACHED_PAYLOAD_BYTES, NEVER, REFILL } from "../limits.ts";
import { compose } from "../message/outgoing.ts";
import { type Head, State, type Tally } from "../store/messages.ts";
import { type Consumer, Consumers } from "./consumers.ts";
import { serve } from "./delivery.ts";
import { Due } from "./due.ts";
import { type Lock, Locks } from "./locks.ts";
import { ReadyWindow } from "./ready-window.ts";
import type { SessionHold } from "./session-hold.ts";
import type { Machinery, QueueSettings } from "./machinery.ts";
import { Sessions } from "./sessions.ts";
import { failAttempt, sweepExpired } from "./expiry.ts";

type Draft = Omit<Head, "queue" | "sequence" | "early" | "enqueueSequence"> & {
  /** Undefined = this queue is where the message enters. */
  readonly enqueueSequence: number | undefined;
};

/**
 * One sequence of messages: a queue, a subscription or one of their dead-letter queues. A message is
 * waiting (in the window or on disk), locked, deferred or scheduled; `settlement.ts` moves it on.
 */
export class MessageQueue {
  readonly id: number;
  readonly machinery: Machinery;
  readonly settings: () => QueueSettings;
  readonly #ready: ReadyWindow;
  /** Where messages are only received session by session. */
  readonly sessions: Sessions | undefined;
  readonly locks = new Locks();
  /** Messages by state; locked ones count as active. */
  readonly counts = { active: 0, deferred: 0, scheduled: 0, bytes: 0 };
  readonly #consumers = new Consumers();
  readonly #lockTimer: Due;
  readonly expiryTimer: Due;
  #latestExpiry: number;
  #waking = false;

  constructor(
    id: number,
    machinery: Machinery,
    settings: () => QueueSettings,
    { tallies, requiresSession }: { readonly tallies: readonly Tally[]; readonly requiresSession: boolean },
  ) {
    this.id = id;
    this.machinery = machinery;
    this.settings = settings;
    const lastSequence = Math.max(0, ...tallies.map((one) => one.lastSequence));
    const { messages } = machinery;
    this.#ready = new ReadyWindow(
      { page: REFILL, read: (after, upTo) => messages.activeBetween(id, after, upTo) },
      lastSequence,
    );
    this.#latestExpiry = Math.max(0, ...tallies.map((one) => one.lastExpiry));
    for (const one of tallies) this.#count(one.state, one.messages, one.bytes);
    this.#lockTimer = new Due(machinery.clock, () => this.#expireLocks());
    this.expiryTimer = new Due(machinery.clock, () => sweepExpired(this));
    this.sessions = requiresSession ? new Sessions(this, lastSequence) : undefined;
    if (tallies.length > 0) this.expiryTimer.by(machinery.messages.nextExpiry(id, 0));
  }

  /** Inside a write: gives the message its number and its place on disk. `arrived` follows the commit. */
  place(draft: Draft): Head {
    const sequence = this.machinery.sequences.next(this.id);
    const early = draft.expiresAt < this.#latestExpiry ? 1 : 0;
    if (draft.state !== State.scheduled && early === 0) this.#latestExpiry = draft.expiresAt;
    const enqueueSequence = draft.enqueueSequence ?? sequence;
    const session = this.sessions === undefined ? null : draft.session;
    const head: Head = { ...draft, queue: this.id, sequence, early, enqueueSequence, session };
    this.machinery.messages.insert(head);
    return head;
  }

  /** Inside a write: a number for a message that passes through (a topic's, or a forwarding queue's). */
  nextSequence(): number {
    return this.machinery.sequences.next(this.id);
  }

  /** A placed message is on disk. */
  arrived(head: Head, payload: Buffer | undefined): void {
    this.#count(head.state, 1, head.size);
    if (head.state !== State.active) return;
    const cached = payload !== undefined && payload.length <= CACHED_PAYLOAD_BYTES ? payload : undefined;
    (this.sessions ?? this.#ready).arrive(head, cached);
    if (head.expiresAt < NEVER) this.expiryTimer.by(head.expiresAt);
    this.wake();
  }

  /** A message has left this queue for good, or changed its state. */
  left(head: Head): void {
    this.#count(head.state, -1, -head.size);
  }

  /** A message that was taken is available again. */
  giveBack(head: Head): void {
    (this.sessions ?? this.#ready).giveBack(head);
    this.wake();
  }

  /** As `ReadyWindow.withdraw`. */
  withdraw(head: Head): boolean {
    return (this.sessions ?? this.#ready).withdraw(head);
  }

  attach(consumer: Consumer): void {
    this.#consumers.add(consumer);
  }

  detach(consumer: Consumer): void {
    this.#consumers.remove(consumer);
  }

  /** Delivers soon: once for everything that became available together. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    queueMicrotask(() => {
      this.#waking = false;
      this.deliver();
    });
  }

  /** Hands out what is available to whoever has room. */
  deliver(): void {
    if (this.sessions !== undefined) return this.sessions.deliver();
    for (;;) {
      const consumer = this.#consumers.next();
      const ready = consumer === undefined ? undefined : this.#ready.take();
      if (consumer === undefined || ready === undefined) return;
      serve(this, consumer, ready);
    }
  }

  /** Locks a message, for a session as long as that is held. */
  lock(head: Head, hold?: SessionHold): Lock {
    if (hold !== undefined) return this.locks.takeFor(hold, head);
    const lock = this.locks.take(head, this.machinery.clock.now() + this.settings().lockMs);
    this.#lockTimer.by(lock.until);
    return lock;
  }

  /** Puts back a lock whose settlement did not reach the disk. */
  restore(lock: Lock): void {
    this.locks.restore(lock, this.machinery.clock.now());
    this.#lockTimer.by(lock.hold === undefined ? lock.until : undefined);
  }

  /** The time until which the lock now holds. */
  renew(lock: Lock): number {
    const until = this.machinery.clock.now() + this.settings().lockMs;
    this.locks.renew(lock, until);
    return until;
  }

  /** The message as a receiver gets it. */
  encode(
    head: Head,
    lockedUntil: number | undefined,
    {
      payload,
      omitBody = false,
    }: { readonly payload?: Buffer | undefined; readonly omitBody?: boolean } = {},
  ): Buffer {
    const state = head.state === State.active && head.scheduledAt > 0 ? State.scheduled : head.state;
    const stamp = {
      deliveryCount: head.deliveryCount,
      enqueuedAt: head.enqueuedAt,
      sequence: head.sequence,
      enqueueSequence: head.enqueueSequence,
      lockedUntil,
      state,
      deadLetterSource: head.source,
    };
    return compose(payload ?? this.machinery.messages.payload(head), stamp, omitBody);
  }

  /** The entity is deleted, or the broker stops: nothing happens here any more. */
  close(): void {
    this.#lockTimer.stop();
    this.expiryTimer.stop();
    this.evict();
    this.sessions?.stop();
  }

  get hasReceivers(): boolean {
    return this.#consumers.size > 0 || this.sessions?.consumers().next().done === false;
  }

  /** Ends the links of all receivers; without a reason because the entity is gone. */
  evict(reason?: BrokerError): void {
    this.#consumers.evictAll(reason);
    for (const consumer of this.sessions?.consumers() ?? []) consumer.evict(reason);
  }

  #expireLocks(): void {
    for (const lock of this.locks.expire(this.machinery.clock.now())) failAttempt(this, lock.head, []);
    this.#lockTimer.by(this.locks.nextExpiry());
  }

  #count(state: number, change: number, bytes: number): void {
    this.counts.bytes += bytes;
    if (state === State.active) this.counts.active += change;
    else if (state === State.deferred) this.counts.deferred += change;
    else this.counts.scheduled += change;
  }
}
