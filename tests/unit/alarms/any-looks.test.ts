import fc from "fast-check";
import { expect, test } from "vitest";
import { freshWatch, watch } from "#shared/domain/alarms/watch.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const observation = fc.record({
  backlogs: fc.uniqueArray(
    fc.record({
      consumer: fc.constantFrom("stock", "customer-email"),
      oldestSinceMs: fc.option(fc.integer({ min: 0, max: 5 * HOUR }), { nil: undefined }),
      processedInTenMinutes: fc.nat(1000),
    }),
    { maxLength: 2, selector: ({ consumer }) => consumer },
  ),
  deadLetters: fc.array(
    fc.record({
      fingerprint: fc.constantFrom("a", "b"),
      queue: fc.constant("stock"),
      reason: fc.constant("Bug"),
      added: fc.nat(60),
    }),
    { maxLength: 2 },
  ),
  openCircuits: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom("mail", "payments"),
      sinceMs: fc.integer({ min: 0, max: 5 * HOUR }),
      held: fc.nat(),
    }),
    { maxLength: 2, selector: ({ key }) => key },
  ),
  oldestDeadLetters: fc.uniqueArray(
    fc.record({
      queue: fc.constantFrom("stock", "customer-email"),
      sinceMs: fc.integer({ min: 0, max: 5 * HOUR }),
    }),
    { maxLength: 2, selector: ({ queue }) => queue },
  ),
  orders: fc.record({ accepted: fc.nat(1000), failed: fc.nat(3) }),
  attempts: fc.record({ told: fc.nat(100), attempts: fc.nat(1000) }),
});

test("whatever is seen: an alarm rings before it becomes louder or is over, never twice, and the state stays small", () => {
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 60 }), (observations) => {
      let current = freshWatch;
      const ringing = new Map<string, string>();
      for (const [index, seen] of observations.entries()) {
        const result = watch(current, { ...seen, nowMs: 5 * HOUR + index * MINUTE });
        for (const { change, alarm } of result.changes) {
          const key = `${alarm.kind}/${alarm.subject}`;
          expect(ringing.has(key)).toBe(change !== "rings");
          expect([change, ringing.get(key), alarm.loudness]).not.toEqual([
            "louder",
            "page",
            expect.anything(),
          ]);
          expect([change, alarm.loudness]).not.toEqual(["louder", "ticket"]);
          if (change === "over") ringing.delete(key);
          else ringing.set(key, alarm.loudness);
        }
        expect(new Set(result.state.ringing.map(({ kind, subject }) => `${kind}/${subject}`))).toEqual(
          new Set(ringing.keys()),
        );
        current = result.state;
      }
      expect(JSON.stringify(current).length).toBeLessThan(100_000);
    }),
  );
});
