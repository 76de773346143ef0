import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decide,
  type GroupLimits,
  NOTHING_KNOWN,
  type ScaleMemory,
  type ScalePace,
} from "#local/functions-host/scale/decide.ts";
import { shareOut } from "#local/functions-host/scale/share-out.ts";

const PACE: ScalePace = { scaleInAfterMs: 15_000, toZeroAfterMs: 60_000 };
const SAMPLE_MS = 1000;

/** A group that obeys at once; `look` takes one sample. */
function useGroup(limits: GroupLimits, concurrency: number) {
  let memory: ScaleMemory = NOTHING_KNOWN;
  let nowMs = 0;
  const group = {
    instances: limits.min,
    reason: "",
    sizes: [limits.min],
    look(active: number | undefined, busy = false): number {
      const demands = [{ source: "stock", active, concurrency }];
      const decision = decide({ instances: group.instances, demands, busy }, limits, PACE, memory, nowMs);
      memory = decision.memory;
      nowMs += SAMPLE_MS;
      group.reason = decision.reason;
      group.instances = decision.target;
      group.sizes.push(decision.target);
      return decision.target;
    },
    lookFor(ms: number, active: number | undefined): number {
      for (let passed = 0; passed < ms; passed += SAMPLE_MS) group.look(active);
      return group.instances;
    },
  };
  return group;
}

/** How often growing turned into shrinking or the other way round. */
function turns(sizes: readonly number[]): number {
  let turned = 0;
  let heading = 0;
  for (const [index, size] of sizes.entries()) {
    const step = Math.sign(size - (sizes[index - 1] ?? size));
    if (step !== 0 && heading !== 0 && step !== heading) turned += 1;
    if (step !== 0) heading = step;
  }
  return turned;
}

test("200 waiting messages at 32 a time want seven instances, as Azure's documentation reckons", () => {
  const group = useGroup({ min: 0, max: 100 }, 32);

  expect(group.look(200)).toBe(7);
  expect(group.reason).toBe("stock: 200 active / 32 per instance");
});

test("the hungriest function of a group decides", () => {
  const demands = [
    { source: "mail", active: 10, concurrency: 16 },
    { source: "stock", active: 90, concurrency: 16 },
  ];

  const { target, reason } = decide(
    { instances: 1, demands, busy: true },
    { min: 1, max: 20 },
    PACE,
    NOTHING_KNOWN,
    0,
  );

  expect(target).toBe(6);
  expect(reason).toContain("stock: 90 active");
});

test("an idle group keeps its last instance for a while, then has none, and one message brings it back", () => {
  const group = useGroup({ min: 0, max: 4 }, 16);
  group.look(1);

  expect(group.lookFor(PACE.toZeroAfterMs, 0)).toBe(1);
  expect(group.look(0)).toBe(0);
  expect(group.reason).toBe("no work for 60 s");
  expect(group.look(1)).toBe(1);
});

test("a group that runs something no backlog shows, such as a timer, is not idle", () => {
  const group = useGroup({ min: 0, max: 4 }, 16);
  group.look(1);

  for (let sample = 0; sample < 200; sample += 1) group.look(0, true);

  expect(group.instances).toBe(1);
});

test("while nobody knows the backlog nothing is taken away", () => {
  const group = useGroup({ min: 0, max: 10 }, 16);
  group.look(100);

  expect(group.lookFor(600_000, undefined)).toBe(7);
  expect(group.reason).toBe("backlog unknown");
});

test("a pause shorter than the window takes nothing away", () => {
  const group = useGroup({ min: 0, max: 10 }, 16);
  group.look(100);
  group.lookFor(PACE.scaleInAfterMs - 2 * SAMPLE_MS, 0);

  expect(group.look(100)).toBe(7);
  expect(Math.min(...group.sizes.slice(1))).toBe(7);
});

test("property: a group is never outside its limits, and never smaller than the backlog of a moment ago wants", () => {
  const active = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      active,
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 3, max: 50 }),
      (samples, min, max) => {
        const group = useGroup({ min, max }, 16);
        for (const sample of samples) {
          const size = group.look(sample);
          expect(size).toBeGreaterThanOrEqual(min);
          expect(size).toBeLessThanOrEqual(max);
          // What the band allows: a tenth more than the instances hold.
          expect(size * 16 * 1.1).toBeGreaterThanOrEqual(Math.min(sample, max * 16));
        }
      },
    ),
  );
});

const wave = fc.record({
  highMs: fc.integer({ min: 2, max: 120 }).map((seconds) => seconds * 1000),
  lowMs: fc.integer({ min: 2, max: 120 }).map((seconds) => seconds * 1000),
  high: fc.integer({ min: 1, max: 3000 }),
  low: fc.integer({ min: 0, max: 3000 }),
  waves: fc.integer({ min: 2, max: 8 }),
});

test("property: a square wave of backlog turns a group around at most twice per wave", () => {
  fc.assert(
    fc.property(wave, ({ highMs, lowMs, high, low, waves }) => {
      const group = useGroup({ min: 0, max: 100 }, 16);
      for (let count = 0; count < waves; count += 1) {
        group.lookFor(highMs, high);
        group.lookFor(lowMs, low);
      }
      expect(turns(group.sizes)).toBeLessThanOrEqual(2 * waves);
    }),
    { numRuns: 500 },
  );
});

const flutter = fc.record({
  level: fc.integer({ min: 1, max: 5000 }),
  /** How far it goes up and down, each longer than the window. */
  swings: fc.array(
    fc.record({
      by: fc.double({ min: -0.04, max: 0.04, noNaN: true }),
      ms: fc.integer({ min: 20_000, max: 60_000 }),
    }),
    { minLength: 2, maxLength: 12 },
  ),
});

test("property: a backlog that swings by a few percent, however long each time, moves nobody", () => {
  fc.assert(
    fc.property(flutter, ({ level, swings }) => {
      const group = useGroup({ min: 1, max: 1000 }, 16);
      for (const { by, ms } of swings) group.lookFor(ms, Math.trunc(level * by) + level);
      expect(turns(group.sizes)).toBe(0);
    }),
    { numRuns: 500 },
  );
});

const arrivals = fc.record({
  highMs: fc.integer({ min: 30, max: 300 }).map((seconds) => seconds * 1000),
  lowMs: fc.integer({ min: 30, max: 300 }).map((seconds) => seconds * 1000),
  perSecond: fc.integer({ min: 1, max: 2000 }),
  /** How long one message takes. */
  workMs: fc.integer({ min: 5, max: 2000 }),
  startMs: fc.integer({ min: 0, max: 5000 }),
  waves: fc.integer({ min: 2, max: 5 }),
});

/**
 * Messages arrive in a square wave and are worked off by the instances there are; a new one works only after its start. The
 * backlog is what the broker would count: waiting plus locked.
 */
function simulate({
  highMs,
  lowMs,
  perSecond,
  workMs,
  startMs,
  waves,
}: typeof arrivals extends fc.Arbitrary<infer Load> ? Load : never): number[] {
  const TICK_MS = 100;
  const group = useGroup({ min: 0, max: 1000 }, 16);
  let backlog = 0;
  let workers: number[] = [];
  for (let nowMs = 0; nowMs < waves * (highMs + lowMs); nowMs += TICK_MS) {
    if (nowMs % SAMPLE_MS === 0) {
      const size = group.look(Math.ceil(backlog));
      workers = [
        ...workers.slice(0, size),
        ...Array(Math.max(0, size - workers.length)).fill(nowMs + startMs),
      ];
    }
    const isHigh = nowMs % (highMs + lowMs) < highMs;
    const arriving = isHigh ? (perSecond * TICK_MS) / 1000 : 0;
    const places = workers.filter((readyAt) => readyAt <= nowMs).length * 16;
    // A place finishes TICK/work messages per tick; with fewer messages than places some stand empty.
    const finished = Math.min(places, backlog) * Math.min(1, TICK_MS / workMs);
    backlog = Math.max(0, backlog + arriving - finished);
  }
  return group.sizes;
}

test("property: a square wave of arrivals, worked off by the instances themselves, does not set them swinging", () => {
  fc.assert(
    fc.property(arrivals, (load) => {
      expect(turns(simulate(load))).toBeLessThanOrEqual(2 * load.waves);
    }),
    { numRuns: 300 },
  );
});

test("property: all groups together stay within the total, nobody gets more than he wants, and whoever has work gets one", () => {
  const wishes = fc.uniqueArray(
    fc.record({ name: fc.string({ minLength: 1 }), target: fc.integer({ min: 0, max: 50 }) }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(wishes, fc.integer({ min: 1, max: 60 }), (wanted, total) => {
      const shares = shareOut(wanted, total);
      const sum = [...shares.values()].reduce((all, count) => all + count, 0);
      const everybody = wanted.filter(({ target }) => target > 0).length;
      expect(sum).toBe(
        Math.min(
          total,
          wanted.reduce((all, { target }) => all + target, 0),
        ),
      );
      for (const { name, target } of wanted) {
        expect(shares.get(name)).toBeLessThanOrEqual(target);
        const deserved = target > 0 && everybody <= total ? 1 : 0;
        expect(shares.get(name)).toBeGreaterThanOrEqual(deserved);
      }
    }),
  );
});
