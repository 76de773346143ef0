import type { QueueName } from "#shared/contracts/topology.ts";

/** A dead letter as operators group it. */
export interface DeadLetterNote {
  readonly reason: string;
  readonly description: string;
}

export interface QueueLook {
  /** Since when the oldest of the messages looked at has been waiting, its earlier copies included. */
  readonly oldestSinceMs: number | undefined;
  /** Messages that wait, delayed ones included; counted up to `MOST_LOOKED_AT`. */
  readonly waiting: number;
  /** Dead letters that came after the mark. */
  readonly newDeadLetters: readonly DeadLetterNote[];
  /** When the oldest dead letter, new or not, was sent; undefined where there is none. */
  readonly oldestDeadLetterMs: number | undefined;
  /** To be given at the next look. */
  readonly mark: string;
}

export const MOST_LOOKED_AT = 250;

/** Looks at queues without taking anything from them. Throws TransientFault. */
export interface QueueWatch {
  /** `mark`: where the last look at the dead letters ended; all of them are new without one. */
  look(queue: QueueName, mark: string | undefined): Promise<QueueLook>;
}
