import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { Journal } from "../store/journal.ts";
import type { Head, Messages } from "../store/messages.ts";
import type { Sequences } from "../store/sequences.ts";
import type { SessionStore } from "../store/sessions.ts";
import type { MessageQueue } from "./message-queue.ts";

/** What all queues of a namespace share. */
export interface Machinery {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly messages: Messages;
  readonly sequences: Sequences;
  readonly sessions: SessionStore;
}

/** What a queue is configured to do; read at each use, since an administrator may change it. */
export interface QueueSettings {
  readonly path: string;
  readonly lockMs: number;
  /** Undefined in dead-letter queues, which count no attempts. */
  readonly maxDeliveryCount: number | undefined;
  readonly deadLetterExpired: boolean;
  /** Undefined in dead-letter queues. */
  readonly deadLetters: MessageQueue | undefined;
  /** Inside a write: brings a dead letter elsewhere instead. Undefined where it stays in the entity. */
  readonly forwardDeadLetter: ((head: Head) => readonly Placed[]) | undefined;
}

/** A message that a write brought to a queue; `arrived` follows the commit. */
export interface Placed {
  readonly queue: MessageQueue;
  readonly head: Head;
  /** Undefined when it is not at hand. */
  readonly payload: Buffer | undefined;
}
