import { SESSION_WINDOW } from "../limits.ts";
import type { Head } from "../store/messages.ts";
import type { Consumer } from "./consumers.ts";
import { serve } from "./delivery.ts";
import type { Lock } from "./locks.ts";
import type { MessageQueue } from "./message-queue.ts";
import { type Backlog, ReadyWindow } from "./ready-window.ts";
import { failAttempt } from "./expiry.ts";

/**
 * A session in the hands of one receiver. Its lock covers all messages it has handed out. It ends by expiry
 * (they count a failed attempt) or orderly (they count none), and the session is free for others once every
 * settlement that was under way is on disk: before that the next holder could see a message twice.
 */
export class SessionHold {
  readonly id: string;
  readonly consumer: Consumer;
  readonly locks = new Set<Lock>();
  readonly window: ReadyWindow;
  readonly #queue: MessageQueue;
  readonly #freed: () => void;
  until: number;
  /** Who may ask for things about the session beside the link. */
  owner: { readonly peer: unknown; readonly link: string } | undefined;
  #pending = 0;
  #ending = false;
  #freedAlready = false;

  constructor(
    queue: MessageQueue,
    id: string,
    consumer: Consumer,
    { backlog, committed, freed }: { backlog: Backlog; committed: number; freed: () => void },
  ) {
    this.#queue = queue;
    this.id = id;
    this.consumer = consumer;
    this.window = new ReadyWindow(backlog, committed, SESSION_WINDOW);
    this.#freed = freed;
    this.until = queue.machinery.clock.now() + queue.settings().lockMs;
  }

  isHeld(now: number): boolean {
    return !this.#ending && this.until > now;
  }

  /** Hands out what is there while the receiver has room. */
  deliver(): void {
    while (!this.#ending && this.consumer.room() > 0) {
      const ready = this.window.take();
      if (ready === undefined) return;
      serve(this.#queue, this.consumer, ready, this);
    }
  }

  /** A message came back to the session. */
  giveBack(head: Head): void {
    if (!this.#ending) this.window.giveBack(head);
  }

  /** Something about one of its messages is being written. */
  begin(): void {
    this.#pending++;
  }

  /** It is on disk, or failed. */
  finish(): void {
    this.#pending--;
    this.#free();
  }

  end(how: "orderly" | "expired"): void {
    if (this.#ending) return;
    this.#ending = true;
    const locks = [...this.locks];
    this.locks.clear();
    for (const lock of locks) {
      this.#queue.locks.forget(lock);
      if (how === "orderly") continue;
      this.begin();
      failAttempt(this.#queue, lock.head, [], () => this.finish());
    }
    this.#free();
  }

  #free(): void {
    if (!this.#ending || this.#pending > 0 || this.#freedAlready) return;
    this.#freedAlready = true;
    this.#freed();
  }
}
