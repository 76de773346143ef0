import { randomFillSync } from "node:crypto";
import { NEVER } from "../limits.ts";
import type { Head } from "../store/messages.ts";
import type { SessionHold } from "./session-hold.ts";

/** A message in the hands of one receiver until a certain time. */
export interface Lock {
  readonly head: Head;
  /** The delivery tag: sixteen bytes, the last six of which are the sequence number. */
  readonly token: Buffer;
  until: number;
  /** The session it belongs to, whose lock is what counts; `until` is then without end. */
  readonly hold: SessionHold | undefined;
}

const TOKEN_BYTES = 16;
const SEQUENCE_AT = 10;
const pool = Buffer.alloc(TOKEN_BYTES * 1024);
let used = pool.length;

/** Random bytes come from a pool: asking the system for each token costs more than the delivery. */
function newToken(sequence: number): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const token = Buffer.allocUnsafe(TOKEN_BYTES);
  pool.copy(token, 0, used, used + TOKEN_BYTES);
  used += TOKEN_BYTES;
  token.writeUIntBE(sequence, SEQUENCE_AT, 6);
  return token;
}

/**
 * The locks of one queue. Since all last equally long, the map's own order (oldest first) is the order in
 * which they run out, and a renewed lock goes to the end; only after the lock duration was shortened is the
 * whole map searched. Locks are not kept on disk: a restart frees all.
 */
export class Locks {
  readonly #bySequence = new Map<number, Lock>();
  #latest = 0;
  #inOrder = true;

  get size(): number {
    return this.#bySequence.size;
  }

  take(head: Head, until: number): Lock {
    const lock: Lock = { head, token: newToken(head.sequence), until, hold: undefined };
    this.#append(lock);
    return lock;
  }

  /** A lock that lasts as long as its session is held. */
  takeFor(hold: SessionHold, head: Head): Lock {
    const lock: Lock = { head, token: newToken(head.sequence), until: NEVER, hold };
    this.#append(lock);
    hold.locks.add(lock);
    return lock;
  }

  #append(lock: Lock): void {
    if (this.#bySequence.size === 0) this.#inOrder = true;
    else if (lock.until < this.#latest) this.#inOrder = false;
    this.#latest = lock.until;
    this.#bySequence.set(lock.head.sequence, lock);
  }

  /** The lock of a token, if it is held and has not run out. */
  find(token: Buffer, now: number): Lock | undefined {
    if (token.length !== TOKEN_BYTES) return undefined;
    const lock = this.#bySequence.get(token.readUIntBE(SEQUENCE_AT, 6));
    return lock !== undefined && lock.until > now && lock.token.equals(token) ? lock : undefined;
  }

  isLocked(sequence: number): boolean {
    return this.#bySequence.has(sequence);
  }

  /** Ends the lock; false when it is not held any more or has run out. */
  release(lock: Lock, now: number): boolean {
    if (lock.until <= now || this.#bySequence.get(lock.head.sequence) !== lock) return false;
    if (lock.hold !== undefined && !lock.hold.isHeld(now)) return false;
    lock.hold?.locks.delete(lock);
    return this.#bySequence.delete(lock.head.sequence);
  }

  /** Ends the lock of a session that is no longer held. */
  forget(lock: Lock): void {
    this.#bySequence.delete(lock.head.sequence);
  }

  /** Puts back a lock whose settlement failed to reach the disk. */
  restore(lock: Lock, now: number): void {
    // What its session has lost waits on disk for the next holder.
    if (lock.hold !== undefined && !lock.hold.isHeld(now)) return;
    lock.hold?.locks.add(lock);
    this.#append(lock);
  }

  renew(lock: Lock, until: number): void {
    this.#bySequence.delete(lock.head.sequence);
    lock.until = until;
    this.#append(lock);
  }

  /** Takes out the locks that have run out. */
  expire(now: number): Lock[] {
    const expired: Lock[] = [];
    for (const lock of this.#bySequence.values()) {
      if (lock.until <= now) expired.push(lock);
      else if (this.#inOrder) break;
    }
    for (const lock of expired) this.#bySequence.delete(lock.head.sequence);
    return expired;
  }

  nextExpiry(): number | undefined {
    let next: number | undefined;
    for (const lock of this.#bySequence.values()) {
      next = Math.min(next ?? lock.until, lock.until);
      if (this.#inOrder) break;
    }
    return next;
  }
}
