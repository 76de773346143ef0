import fc from "fast-check";
import { expect, test } from "vitest";
import { type SessionBacklog, SessionLine } from "#local/service-bus/broker/session-line.ts";

/** The disk as the line sees it: the sessions that have messages. */
const disk = (stored: ReadonlySet<string>): SessionBacklog => ({
  next: (after, upTo) =>
    [...stored].filter((id) => (after === undefined || id > after) && id <= upTo).toSorted()[0],
  last: () => [...stored].toSorted().at(-1),
});

const id = fc.integer({ min: 0, max: 30 }).map((n) => `s${String(n).padStart(2, "0")}`);
const step = fc.oneof(
  fc.record({ kind: fc.constant("arrive" as const), id }),
  fc.record({ kind: fc.constant("take" as const), id }),
);

test("every session with messages is served within two rounds, whatever else arrives", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 8 }), (steps, capacity) => {
      const stored = new Set<string>();
      const line = new SessionLine(disk(stored), { capacity });
      for (const one of steps) {
        if (one.kind === "arrive") {
          stored.add(one.id);
          line.add(one.id);
        } else {
          const taken = line.take();
          if (taken === undefined && stored.size > 0) throw new Error("somebody is kept waiting");
          // Served, and its messages are gone.
          if (taken !== undefined) stored.delete(taken);
        }
      }
      const left = new Set(stored);
      const served: string[] = [];
      for (let tries = 0; tries < 200 && stored.size > 0; tries++) {
        const taken = line.take();
        if (taken === undefined) break;
        if (stored.delete(taken)) served.push(taken);
      }
      expect(new Set(served)).toEqual(left);
    }),
  );
});

test("a session that always comes back does not keep another waiting", () => {
  const stored = new Set(["a", "busy", "z"]);
  const line = new SessionLine(disk(stored), { capacity: 2 });
  const served: (string | undefined)[] = [];
  for (let n = 0; n < 6; n++) {
    const taken = line.take();
    served.push(taken);
    if (taken !== undefined) line.add(taken);
  }
  expect(new Set(served.slice(0, 3))).toEqual(stored);
  expect(new Set(served.slice(3))).toEqual(stored);
});

test("sessions that wait in memory come in the order in which they came", () => {
  const stored = new Set<string>();
  const line = new SessionLine(disk(stored));
  expect(line.take()).toBeUndefined();
  for (const one of ["c", "a", "b", "a"]) {
    stored.add(one);
    line.add(one);
  }
  expect([line.take(), line.take(), line.take(), line.take()]).toEqual(["c", "a", "b", undefined]);
});
