import fc from "fast-check";
import { expect, test } from "vitest";
import { type Backlog, ReadyWindow } from "#local/service-bus/broker/ready-window.ts";
import { NEVER, READY_WINDOW, REFILL } from "#local/service-bus/limits.ts";
import { type Head, State } from "#local/service-bus/store/messages.ts";

const head = (sequence: number): Head => ({
  queue: 4,
  sequence,
  state: State.active,
  enqueuedAt: 0,
  enqueueSequence: sequence,
  expiresAt: NEVER,
  early: 0,
  scheduledAt: 0,
  deliveryCount: 0,
  source: null,
  session: null,
  content: sequence,
  size: 1,
});

/** The disk as the window sees it: active messages by sequence. */
const disk = (stored: Set<number>): Backlog => ({
  page: REFILL,
  read: (after, upTo) =>
    [...stored]
      .filter((sequence) => sequence > after && sequence <= upTo)
      .toSorted((a, b) => a - b)
      .slice(0, REFILL)
      .map(head),
});

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("arrive" as const), count: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("take" as const), count: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("return" as const), count: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("withdraw" as const), count: fc.integer({ min: 1, max: 20 }) }),
  },
);

test("whatever happens, the lowest available message is next, once, and none is forgotten", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const stored = new Set<number>();
      const available = new Set<number>();
      const taken: number[] = [];
      const window = new ReadyWindow(disk(stored), 0);
      let next = 1;
      const lowest = (): number => [...available].reduce((a, b) => Math.min(a, b), Infinity);
      const take = (): void => {
        const expected = available.size === 0 ? undefined : lowest();
        expect(window.take()?.head.sequence).toBe(expected);
        if (expected === undefined) return;
        available.delete(expected);
        taken.push(expected);
      };
      for (const { kind, count } of steps) {
        for (let n = 0; n < count; n++) {
          if (kind === "arrive") {
            stored.add(next);
            available.add(next);
            window.arrive(head(next++), undefined);
          } else if (kind === "take") {
            if (available.size < 50 || n < 50) take();
          } else if (kind === "return") {
            const back = taken.shift();
            if (back === undefined) break;
            available.add(back);
            window.giveBack(head(back));
          } else {
            const gone = available.values().next().value;
            if (gone === undefined) break;
            available.delete(gone);
            stored.delete(gone);
            window.withdraw(head(gone));
          }
        }
      }
      while (available.size > 0) take();
      take();
    }),
    { numRuns: 30 },
  );
});

test("memory holds a bounded part of the backlog", () => {
  const reads: number[] = [];
  const stored = new Set(Array.from({ length: 5 * READY_WINDOW }, (_, n) => n + 1));
  const backlog = disk(stored);
  const counting: Backlog = {
    page: backlog.page,
    read(after, upTo) {
      reads.push(after);
      return backlog.read(after, upTo);
    },
  };
  const window = new ReadyWindow(counting, 0);
  for (const sequence of stored) window.arrive(head(sequence), undefined);
  for (let n = 1; n <= READY_WINDOW; n++) expect(window.take()?.head.sequence).toBe(n);
  expect(reads).toEqual([]);
  expect(window.take()?.head.sequence).toBe(READY_WINDOW + 1);
  expect(reads).toEqual([READY_WINDOW]);
});
