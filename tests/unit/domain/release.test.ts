import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import { gate } from "#shared/domain/circuit.ts";
import { nextRelease, noteEmpty, noteHeld } from "#shared/domain/release.ts";

const SECOND = 1000;
const NOW = Date.UTC(2026, 0, 1);
const NEW = { released: false };

/** Closed just now, with deliveries held. */
const recovered = (changes: Partial<Circuit> = {}): Circuit => ({
  ...newCircuit("mail:acs"),
  sinceMs: NOW,
  openings: 3,
  holding: { sinceMs: NOW - 3_600_000 },
  ...changes,
});

const heard = (
  circuit: Circuit,
  what: { readonly succeeded?: boolean; readonly troubled?: boolean },
): Circuit =>
  circuit.release === undefined ? circuit : { ...circuit, release: { ...circuit.release, ...what } };

/** A tick each so many seconds, with what was heard since the one before; answers the rates. */
function ticks(limit: number | undefined, everyMs: number, hearings: readonly object[]): number[] {
  let circuit = recovered();
  return hearings.map((hearing, tick) => {
    const next = nextRelease(heard(circuit, hearing), NOW + (tick + 1) * everyMs, limit);
    if (next === undefined) throw new Error("Nothing is released");
    circuit = next.circuit;
    return circuit.release?.perSecond ?? 0;
  });
}
const ok = { succeeded: true };
const bad = { troubled: true, succeeded: true };

describe("the rate of a release", () => {
  test("begins at a sixteenth and doubles while it succeeds, up to four fifths of the partner's limit", () => {
    expect(ticks(60, 15 * SECOND, [ok, ok, ok, ok, ok, ok])).toEqual([3, 6, 12, 24, 48, 48]);
  });

  test("halves after a failure or a 429, and stays as it is while nothing is heard", () => {
    expect(ticks(60, 15 * SECOND, [ok, ok, ok, bad, {}, ok, bad, bad, bad, bad])).toEqual([
      3, 6, 12, 6, 6, 12, 6, 3, 1.5, 1,
    ]);
  });

  test("without a limit goes up to a hundred a second", () => {
    expect(ticks(undefined, SECOND, [ok, ok, ok, ok, ok, ok])).toEqual([6.25, 12.5, 25, 50, 100, 100]);
  });

  test("of a partner that takes one call a second is less than that", () => {
    expect(ticks(1, 15 * SECOND, [ok, ok])).toEqual([0.8, 0.8]);
  });
});

describe("nothing is released", () => {
  test.each([
    ["while the circuit is open", { state: "open" }],
    ["before the time that the partner asked for", { blockedUntilMs: NOW + 2 * SECOND }],
  ] as const)("%s", (_what, changes) => {
    expect(nextRelease(recovered(changes), NOW + SECOND, 60)).toBeUndefined();
  });

  test("twice for the same time, however many release at once", () => {
    const first = nextRelease(recovered(), NOW + 15 * SECOND, 60);
    expect(first?.count).toBe(45);
    expect(nextRelease(first?.circuit ?? recovered(), NOW + 15 * SECOND, 60)?.count ?? 0).toBeLessThanOrEqual(
      3,
    );
  });
});

test("however the timer runs and whatever is heard, no second has more releases than four fifths of the limit, and one", () => {
  const anyTick = fc.record({
    afterMs: fc.integer({ min: 0, max: 90 * SECOND }),
    succeeded: fc.boolean(),
    troubled: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(anyTick, { maxLength: 40 }), (limit, given) => {
      let circuit = recovered();
      let nowMs = NOW;
      const times: number[] = [];
      for (const { afterMs, ...hearing } of given) {
        nowMs += afterMs;
        const next = nextRelease(heard(circuit, hearing), nowMs, limit);
        if (next === undefined) continue;
        circuit = next.circuit;
        expect(next.fromMs).toBeGreaterThanOrEqual(nowMs);
        for (let one = 0; one < next.count; one++) times.push(next.fromMs + one * next.paceMs);
      }
      for (let first = 0, last = 0; last < times.length; last++) {
        while ((times[last] ?? 0) - (times[first] ?? 0) >= SECOND) first++;
        expect(last - first + 1).toBeLessThanOrEqual(Math.ceil(limit * 0.8) + 1);
      }
    }),
  );
});

describe("newcomers", () => {
  test("line up behind those who are held until the full rate is borne, and go at once afterwards", () => {
    expect(gate(recovered(), NOW, NEW).kind).toBe("hold");
    let circuit = recovered();
    for (let tick = 1; tick <= 4; tick++) {
      circuit = heard(nextRelease(circuit, NOW + tick * SECOND, 60)?.circuit ?? circuit, ok);
      expect(gate(circuit, NOW, NEW).kind).toBe("hold");
      expect(gate(circuit, NOW, { released: true }).kind).toBe("go");
    }
    const full = nextRelease(circuit, NOW + 5 * SECOND, 60)?.circuit ?? circuit;
    expect(full.openings).toBe(0);
    expect(gate(full, NOW, NEW).kind).toBe("go");
  });

  test("go at once when nothing is held any more", () => {
    const empty = noteEmpty(recovered(), NOW) ?? recovered();
    expect(gate(empty, NOW, NEW).kind).toBe("go");
  });
});

describe("that deliveries are held", () => {
  test("is noted once", () => {
    const noted = noteHeld(newCircuit("a"), NOW);
    expect(noted?.holding).toEqual({ sinceMs: NOW });
    expect(noteHeld(noted ?? newCircuit("a"), NOW + 1)).toBeUndefined();
  });

  test("is forgotten only a minute after none was found, and not when one came since", () => {
    const empty = noteEmpty(recovered(), NOW) ?? recovered();
    expect(noteEmpty(empty, NOW + 59_999)).toBeUndefined();
    expect(noteEmpty(empty, NOW + 60_000)).not.toHaveProperty("holding");
    const again = noteHeld(empty, NOW + 30_000) ?? empty;
    expect(noteEmpty(again, NOW + 60_000)?.holding?.emptySinceMs).toBe(NOW + 60_000);
  });
});
