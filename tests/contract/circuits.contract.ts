import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import type { Circuits } from "#shared/ports/circuits.ts";

export interface CircuitsWorld {
  readonly circuits: Circuits;
  stop(): Promise<void>;
}

const MANY = 40;
const times = (count: number): number[] => Array.from({ length: count }, (_, position) => position);

/** What every store of circuits promises. */
export function testCircuits(name: string, start: () => Promise<CircuitsWorld>): void {
  describe(`circuits: ${name}`, () => {
    let world: CircuitsWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const aKey = (): string => `webhook:${randomUUID()}`;
    const failOnce = (circuit: Circuit): Circuit => ({ ...circuit, consecutive: circuit.consecutive + 1 });

    test("a circuit that nobody has reported on is closed and new", async () => {
      const key = aKey();
      expect(await world.circuits.read(key)).toEqual(newCircuit(key));
    });

    test("a change is stored with all its fields, and answered", async () => {
      const open: Circuit = {
        ...newCircuit(aKey()),
        state: "open",
        sinceMs: 1,
        consecutive: 10,
        recent: [{ atMs: 1, successes: 2, failures: 3 }],
        openings: 4,
        probeAtMs: 5,
        probeUntilMs: 6,
        blockedUntilMs: 7,
        holding: { sinceMs: 8, emptySinceMs: 9 },
        release: {
          perSecond: 1.5,
          setAtMs: 10,
          succeeded: true,
          troubled: false,
          untilMs: 11.25,
          growing: true,
        },
        lastFailure: "answered 503 ☕",
      };
      expect(await world.circuits.change(open.id, () => open)).toEqual({ circuit: open, changed: true });
      expect(await world.circuits.read(open.id)).toEqual(open);
    });

    test("a field that the next version does not have is gone", async () => {
      const key = aKey();
      await world.circuits.change(key, (circuit) => ({ ...circuit, probeAtMs: 1, holding: { sinceMs: 1 } }));
      await world.circuits.change(key, () => newCircuit(key));
      expect(await world.circuits.read(key)).toEqual(newCircuit(key));
    });

    test("a decision to leave it stores nothing and answers the circuit", async () => {
      const key = aKey();
      await world.circuits.change(key, failOnce);
      const left = await world.circuits.change(key, () => undefined);
      expect(left).toEqual({ circuit: { ...newCircuit(key), consecutive: 1 }, changed: false });
    });

    test("of many changes at once, none is lost, the first one of all among them", async () => {
      const key = aKey();
      await Promise.all(times(MANY).map(() => world.circuits.change(key, failOnce)));
      expect((await world.circuits.read(key)).consecutive).toBe(MANY);
    });

    test("of many that want to be the only one at once, one is told that it changed something", async () => {
      const key = aKey();
      const claims = await Promise.all(
        times(MANY).map(() =>
          world.circuits.change(key, (circuit) =>
            circuit.probeUntilMs === undefined ? { ...circuit, probeUntilMs: 1 } : undefined,
          ),
        ),
      );
      expect(claims.filter(({ changed }) => changed)).toHaveLength(1);
    });

    test("all circuits that were reported on are listed", async () => {
      const keys = [aKey(), aKey()];
      for (const key of keys) await world.circuits.change(key, failOnce);
      await world.circuits.read(aKey());
      const listed = await world.circuits.all();
      expect(
        listed
          .filter(({ id }) => keys.includes(id))
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(keys.toSorted());
    });
  });
}
