import type { QueueName } from "#shared/contracts/topology.ts";
import type { WatchRecord } from "#shared/contracts/watch.ts";
import type { Chat } from "#shared/ports/chat.ts";
import { type DeadLetterNote, MOST_LOOKED_AT, type QueueWatch } from "#shared/ports/queue-watch.ts";
import type { Counts, WatchStore } from "#shared/ports/watch-store.ts";

export function createMemoryWatchStore(): WatchStore {
  let stored: WatchRecord | undefined;
  let version = 0;
  const minutes = new Map<number, Record<string, number>>();
  return {
    load: () =>
      Promise.resolve({
        record: stored && structuredClone(stored),
        version: stored === undefined ? undefined : String(version),
      }),
    save(record, expected) {
      if (expected !== (stored === undefined ? undefined : String(version))) return Promise.resolve(false);
      stored = structuredClone(record);
      version++;
      return Promise.resolve(true);
    },
    count(minuteMs, counts: Counts) {
      const known = minutes.get(minuteMs) ?? {};
      for (const [name, count] of Object.entries(counts)) known[name] = (known[name] ?? 0) + count;
      minutes.set(minuteMs, known);
      return Promise.resolve();
    },
    minutes: () =>
      Promise.resolve([...minutes].map(([minuteMs, counts]) => ({ minuteMs, counts: { ...counts } }))),
  };
}

/** Queues whose contents a test sets. */
export interface MemoryQueueWatch extends QueueWatch {
  /** Times at which the messages of this queue came, in milliseconds since the Unix epoch. */
  waiting: Partial<Record<QueueName, readonly number[]>>;
  deadLetters: Partial<Record<QueueName, readonly DeadLetterNote[]>>;
  /** When the oldest of them was sent. */
  oldestDeadLetter: Partial<Record<QueueName, number>>;
}

export function createMemoryQueueWatch(): MemoryQueueWatch {
  return {
    waiting: {},
    deadLetters: {},
    oldestDeadLetter: {},
    look(queue, mark) {
      const since = this.waiting[queue] ?? [];
      const dead = this.deadLetters[queue] ?? [];
      return Promise.resolve({
        oldestSinceMs: since.length === 0 ? undefined : Math.min(...since),
        waiting: Math.min(since.length, MOST_LOOKED_AT),
        newDeadLetters: dead.slice(Number(mark ?? 0)),
        oldestDeadLetterMs: this.oldestDeadLetter[queue],
        mark: String(dead.length),
      });
    },
  };
}

export interface RecordingChat extends Chat {
  readonly said: readonly string[];
  /** From now on it cannot be reached. */
  fail(): void;
}

export function createRecordingChat(): RecordingChat {
  const said: string[] = [];
  let failing = false;
  return {
    said,
    fail: () => void (failing = true),
    say(text) {
      if (failing) return Promise.reject(new Error("no chat"));
      said.push(text);
      return Promise.resolve();
    },
  };
}
