import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import {
  afterSuccess,
  afterTrouble,
  type CircuitPolicy,
  gate,
  isPristine,
  takeProbe,
  type Trouble,
} from "#shared/domain/circuit.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const NOW = Date.UTC(2026, 0, 1);
const policy: CircuitPolicy = { openMs: 30 * SECOND, openCapMs: 5 * MINUTE };

const transient: Trouble = { kind: "transient", description: "answered 503" };
const wrongKey: Trouble = { kind: "dependency-down", description: "answered 401" };
const throttled = (retryAfterMs?: number): Trouble => ({
  kind: "throttled",
  description: "answered 429",
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const LATE = { released: true };
const NEW = { released: false };
const plain = { probe: false };

const fails = (circuit: Circuit, nowMs: number, trouble: Trouble = transient, probe = false): Circuit =>
  afterTrouble(circuit, trouble, { probe }, nowMs, policy) ?? circuit;
const succeeds = (circuit: Circuit, nowMs: number, probe = false): Circuit =>
  afterSuccess(circuit, { probe }, nowMs) ?? circuit;
const failsTimes = (times: number, circuit = newCircuit("mail:acs"), nowMs = NOW): Circuit =>
  Array.from({ length: times }).reduce<Circuit>((so) => fails(so, nowMs), circuit);
const probed = (circuit: Circuit): Circuit => {
  const leased = takeProbe(circuit, circuit.probeAtMs ?? 0);
  if (leased === undefined) throw new Error("No probe to be had");
  return leased;
};

describe("a circuit opens", () => {
  test("at the tenth failure in a row, and not before", () => {
    expect(failsTimes(9).state).toBe("closed");
    expect(failsTimes(10)).toMatchObject({ state: "open", sinceMs: NOW, lastFailure: "answered 503" });
  });

  test("not when a success is between them", () => {
    expect(failsTimes(9, succeeds(failsTimes(9), NOW)).state).toBe("closed");
  });

  test("when half of twenty calls within a minute failed, though never ten in a row", () => {
    let circuit = newCircuit("mail:acs");
    for (let call = 1; call <= 20; call++) {
      expect(circuit.state).toBe("closed");
      circuit = call % 2 === 1 ? fails(circuit, NOW + call * SECOND) : succeeds(circuit, NOW + call * SECOND);
    }
    expect(circuit.state).toBe("closed");
    expect(fails(circuit, NOW + 21 * SECOND).state).toBe("open");
  });

  test("not when the failures are spread over more than a minute", () => {
    let circuit = newCircuit("mail:acs");
    for (let call = 0; call < 100; call++) {
      const nowMs = NOW + call * 7 * SECOND;
      circuit = call % 2 === 0 ? fails(circuit, nowMs) : succeeds(circuit, nowMs);
    }
    expect(circuit.state).toBe("closed");
  });

  test("at once when the key is wrong: that concerns everybody", () => {
    expect(fails(newCircuit("mail:acs"), NOW, wrongKey).state).toBe("open");
  });

  test("never because it is throttled, however often", () => {
    let circuit = newCircuit("mail:acs");
    for (let call = 0; call < 100; call++) circuit = fails(circuit, NOW + call, throttled());
    expect(circuit.state).toBe("closed");
  });
});

describe("while a circuit is open", () => {
  const open = failsTimes(10);

  test("nobody calls before thirty seconds have passed, and then one", () => {
    expect(gate(open, NOW + 30 * SECOND - 1, LATE)).toEqual({ kind: "hold", untilMs: NOW + 30 * SECOND });
    expect(gate(open, NOW + 30 * SECOND, NEW)).toEqual({ kind: "probe" });
    const leased = probed(open);
    expect(gate(leased, NOW + 30 * SECOND, LATE).kind).toBe("hold");
    expect(takeProbe(leased, NOW + 30 * SECOND)).toBeUndefined();
  });

  test("another one may probe when nothing is heard of the first for longer than a call takes", () => {
    const leased = probed(open);
    expect(gate(leased, leased.probeUntilMs ?? 0, LATE)).toEqual({ kind: "probe" });
  });

  test("each failed probe doubles the time, up to five minutes", () => {
    let circuit = open;
    const waits: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const nowMs = circuit.probeAtMs ?? 0;
      circuit = fails(probed(circuit), nowMs, transient, true);
      waits.push(((circuit.probeAtMs ?? 0) - nowMs) / SECOND);
    }
    expect(waits).toEqual([60, 120, 240, 300, 300, 300]);
    expect(circuit.sinceMs).toBe(NOW);
  });

  test("the ends of calls that had begun before say nothing", () => {
    expect(afterTrouble(open, transient, plain, NOW, policy)).toBeUndefined();
    expect(afterSuccess(open, plain, NOW)).toBeUndefined();
  });

  test("a probe that succeeds closes it; so does one that is throttled, and then everybody waits as it was asked", () => {
    const nowMs = open.probeAtMs ?? 0;
    expect(gate(succeeds(probed(open), nowMs, true), nowMs, NEW)).toEqual({ kind: "go" });
    const asked = fails(probed(open), nowMs, throttled(7 * SECOND), true);
    expect(asked.state).toBe("closed");
    expect(gate(asked, nowMs, LATE)).toEqual({ kind: "hold", untilMs: nowMs + 7 * SECOND });
    expect(gate(asked, nowMs + 7 * SECOND, LATE)).toEqual({ kind: "go" });
  });
});

describe("Retry-After", () => {
  test("counts for everybody who has the same partner, and is never shortened by a later answer", () => {
    const circuit = fails(fails(newCircuit("a"), NOW, throttled(60 * SECOND)), NOW, throttled(2 * SECOND));
    expect(gate(circuit, NOW + 59_999, LATE)).toEqual({ kind: "hold", untilMs: NOW + MINUTE });
    expect(gate(circuit, NOW + MINUTE, NEW)).toEqual({ kind: "go" });
  });

  test("that says what is known already is not stored again", () => {
    const circuit = fails(newCircuit("a"), NOW, throttled(60 * SECOND));
    expect(afterTrouble(circuit, throttled(60 * SECOND), plain, NOW + 100, policy)).toBeUndefined();
  });
});

test("as long as all is well, a success changes nothing, and so it does again a minute after the last failure", () => {
  expect(afterSuccess(newCircuit("a"), plain, NOW)).toBeUndefined();
  const failed = failsTimes(3);
  expect(isPristine(failed)).toBe(false);
  const later = succeeds(failed, NOW + MINUTE);
  expect(isPristine(later)).toBe(true);
  expect(afterSuccess(later, plain, NOW + 2 * MINUTE)).toBeUndefined();
});

describe("whatever happens", () => {
  interface Event {
    readonly kind: string;
    readonly afterMs: number;
    readonly retryAfterMs: number;
  }
  const anyEvent: fc.Arbitrary<Event> = fc.record({
    kind: fc.constantFrom("ok", "transient", "wrong-key", "throttled", "probe-ok", "probe-fails", "lease"),
    afterMs: fc.integer({ min: 0, max: 2 * MINUTE }),
    retryAfterMs: fc.integer({ min: -1, max: MINUTE }),
  });

  const play = (events: readonly Event[], each: (circuit: Circuit, nowMs: number) => void) => {
    let circuit = newCircuit("a");
    let nowMs = NOW;
    for (const { kind, afterMs, retryAfterMs } of events) {
      nowMs += afterMs;
      if (kind === "ok") circuit = succeeds(circuit, nowMs);
      if (kind === "transient") circuit = fails(circuit, nowMs);
      if (kind === "wrong-key") circuit = fails(circuit, nowMs, wrongKey);
      if (kind === "throttled") circuit = fails(circuit, nowMs, throttled(retryAfterMs));
      if (kind === "probe-ok") circuit = succeeds(circuit, nowMs, true);
      if (kind === "probe-fails") circuit = fails(circuit, nowMs, transient, true);
      if (kind === "lease") circuit = takeProbe(circuit, nowMs) ?? circuit;
      each(circuit, nowMs);
    }
  };

  test("a partner that asks for time while it is probed is called when both are over", () => {
    const leased = {
      ...newCircuit("a"),
      state: "open",
      probeAtMs: NOW,
      probeUntilMs: NOW + 45 * SECOND,
    } as const;
    const blocked = { ...leased, blockedUntilMs: NOW + 5 * SECOND };
    expect(gate(blocked, NOW, LATE)).toEqual({ kind: "hold", untilMs: NOW + 45 * SECOND });
    expect(gate(blocked, NOW + 45 * SECOND, LATE)).toEqual({ kind: "probe" });
  });

  test("whoever is told to wait is told a time to come, and at that time somebody may call", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        play(events, (circuit, nowMs) => {
          const decided = gate(circuit, nowMs, LATE);
          if (decided.kind !== "hold") return;
          expect(decided.untilMs).toBeGreaterThan(nowMs);
          expect(gate(circuit, decided.untilMs, LATE).kind).not.toBe("hold");
        });
      }),
    );
  });

  test("it is closed again after one probe that succeeds, within five minutes and the longest Retry-After", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let last: Circuit = newCircuit("a");
        let nowMs = NOW;
        play(events, (circuit, at) => ([last, nowMs] = [circuit, at]));
        const decided = gate(last, nowMs, LATE);
        const thenMs = decided.kind === "hold" ? decided.untilMs : nowMs;
        expect(thenMs - nowMs).toBeLessThanOrEqual(6 * MINUTE);
        if (gate(last, thenMs, LATE).kind !== "probe") return;
        const leased = takeProbe(last, thenMs);
        expect(leased).toBeDefined();
        expect(leased && succeeds(leased, thenMs, true).state).toBe("closed");
      }),
    );
  });

  test("it remembers no more than a minute of calls", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        play(events, ({ recent }) => {
          expect(recent.length).toBeLessThanOrEqual(7);
        });
      }),
    );
  });
});
