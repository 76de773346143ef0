import type { Namespace } from "../broker/namespace.ts";

/** What a scale controller or an operator wants to know about a queue. */
interface QueueSummary {
  readonly name: string;
  /** Waiting or locked. */
  readonly active: number;
  /** The part of `active` that is in the hands of a receiver. */
  readonly locked: number;
  readonly deadLetter: number;
  readonly scheduled: number;
  readonly deferred: number;
  /** ISO 8601; null when nothing is active. */
  readonly oldestEnqueuedAt: string | null;
}

/** All queues by name. */
export function queueSummaries(namespace: Namespace): QueueSummary[] {
  return namespace.queues().map(({ path, main, deadLetters }) => {
    const oldest = main.counts.active > 0 ? namespace.store.messages.oldestEnqueuedAt(main.id) : undefined;
    return {
      name: path,
      active: main.counts.active,
      locked: main.locks.size,
      deadLetter: deadLetters.counts.active,
      scheduled: main.counts.scheduled,
      deferred: main.counts.deferred,
      oldestEnqueuedAt: oldest === undefined ? null : new Date(oldest).toISOString(),
    };
  });
}
