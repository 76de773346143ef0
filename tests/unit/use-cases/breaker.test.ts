import { beforeEach, describe, expect, test } from "vitest";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { Breaker } from "#shared/use-cases/breaker.ts";
import { guardedPayments } from "#shared/use-cases/guard.ts";
import { createHandSystem, type HandSystem } from "../../fakes/hand-system.ts";
import { createMemoryBudgets } from "../../fakes/memory-budgets.ts";
import { createMemoryCircuits, type MemoryCircuits } from "../../fakes/memory-circuits.ts";
import { createMemoryPayments } from "../../fakes/memory-payments.ts";
import { createRecordingLog } from "../../fakes/recording-log.ts";

const KEY = "mail:acs";
const SECOND = 1000;
const LATE = { released: true };
const down = { kind: "transient", description: "answered 503" } as const;

let system: HandSystem;
let circuits: MemoryCircuits;
beforeEach(() => {
  system = createHandSystem();
  circuits = createMemoryCircuits();
});

/** An instance of the app: what it knows by itself is its own. */
const anInstance = (changes: { circuits?: MemoryCircuits; perSecond?: number } = {}): Breaker =>
  new Breaker({
    circuits: changes.circuits ?? circuits,
    budgets: createMemoryBudgets(system),
    system,
    log: createRecordingLog(),
    policy: { openMs: 30 * SECOND, openCapMs: 300 * SECOND },
    ratesPerSecond: changes.perSecond === undefined ? {} : { [KEY]: changes.perSecond },
  });

async function call(breaker: Breaker, works: boolean): Promise<string> {
  const entry = await breaker.enter(KEY, LATE);
  if (entry.kind !== "go") return entry.kind;
  if (works) await breaker.succeeded(KEY, entry);
  else await breaker.failed(KEY, down, entry);
  return works ? "worked" : "failed";
}
async function breakDown(breaker: Breaker): Promise<void> {
  for (let failure = 0; failure < 10; failure++) await call(breaker, false);
}

test("as long as all is well, calls cost no write", async () => {
  const breaker = anInstance();
  for (let one = 0; one < 100; one++) expect(await call(breaker, true)).toBe("worked");
  expect(circuits.writes).toBe(0);
});

test("while not all is well, successes are told at most once a second, and none is forgotten", async () => {
  const breaker = anInstance();
  await call(breaker, false);
  const before = circuits.writes;
  for (let one = 0; one < 50; one++) {
    await call(breaker, true);
    system.advance(100);
  }
  await call(breaker, false);
  expect(circuits.writes - before).toBeLessThanOrEqual(7);
  const { recent } = await circuits.read(KEY);
  expect(recent.reduce((sum, { successes }) => sum + successes, 0)).toBe(50);
});

describe("what one instance finds out", () => {
  test("the others know within five seconds, so that an outage costs few calls however many they are", async () => {
    const instances = Array.from({ length: 10 }, () => anInstance(), "payments");
    for (const instance of instances) await call(instance, true);
    await breakDown(instances[0]!);
    system.advance(5 * SECOND);
    const outcomes = await Promise.all(instances.map((instance) => call(instance, false)));
    expect(new Set(outcomes)).toEqual(new Set(["hold"]));
  });

  test("it knows itself at once", async () => {
    const breaker = anInstance();
    await breakDown(breaker);
    expect(await call(breaker, true)).toBe("hold");
  });
});

test("of all instances, one probes; when it works, all go on", async () => {
  const instances = Array.from({ length: 10 }, () => anInstance(), "payments");
  await breakDown(instances[0]!);
  system.advance(30 * SECOND);
  const entries = await Promise.all(instances.map((instance) => instance.enter(KEY, LATE)));
  const [probe, ...more] = entries.filter(({ kind }) => kind === "go");
  expect([probe, more]).toEqual([{ kind: "go", probe: true }, []]);
  await instances[entries.findIndex(({ kind }) => kind === "go")]!.succeeded(KEY, { probe: true });
  system.advance(5 * SECOND);
  for (const instance of instances) expect(await call(instance, true)).toBe("worked");
});

test("whoever takes up the work of a prober that died probes at once, all others when the lease has run out", async () => {
  const [died, restarted, other] = [anInstance(), anInstance(), anInstance()];
  await breakDown(died);
  system.advance(30 * SECOND);
  expect(await died.enter(KEY, { ...LATE, by: "dlv_1" })).toEqual({ kind: "go", probe: true });
  expect(await other.enter(KEY, { ...LATE, by: "dlv_2" })).toMatchObject({ kind: "hold" });
  expect(await restarted.enter(KEY, { ...LATE, by: "dlv_1" })).toEqual({ kind: "go", probe: true });
  system.advance(45 * SECOND);
  expect(await other.enter(KEY, { ...LATE, by: "dlv_2" })).toEqual({ kind: "go", probe: true });
});

test.each([
  ["was not made", (breaker: Breaker) => breaker.unused(KEY, { probe: true })],
  [
    "ended with a fault of our own",
    (breaker: Breaker) => breaker.failed(KEY, { kind: "bug", description: "TypeError" }, { probe: true }),
  ],
])("when the call of the prober %s, somebody else may try at once", async (_, end) => {
  const [first, second] = [anInstance(), anInstance()];
  await breakDown(first);
  system.advance(30 * SECOND);
  await first.enter(KEY, { ...LATE, by: "dlv_1" });
  await end(first);
  expect(await second.enter(KEY, { ...LATE, by: "dlv_2" })).toEqual({ kind: "go", probe: true });
});

test("the calls of a second are shared out, and the others told when to come again", async () => {
  const breaker = anInstance({ perSecond: 3 });
  const kinds: string[] = [];
  for (let one = 0; one < 5; one++) kinds.push(await call(breaker, true));
  expect(kinds).toEqual(["worked", "worked", "worked", "wait", "wait"]);
  system.advance(SECOND);
  expect(await call(breaker, true)).toBe("worked");
});

test("a report that cannot be stored does not undo the work that it is about", async () => {
  const broken = { ...circuits, change: () => Promise.reject(new TransientFault("out of reach")) };
  const breaker = anInstance({ circuits: { ...broken, writes: 0 } });
  expect(await breaker.failed(KEY, down, { probe: false })).toBeUndefined();
  await expect(breaker.succeeded(KEY, { probe: true })).resolves.toBeUndefined();
});

test("a refusal of one request is no trouble of the partner", async () => {
  const breaker = anInstance();
  const refused = { kind: "permanent", reason: "MailRefused", description: "no such address" } as const;
  for (let one = 0; one < 20; one++) {
    const entry = await breaker.enter(KEY, LATE);
    expect(entry.kind).toBe("go");
    await breaker.failed(KEY, refused, { probe: false });
  }
});

describe("work without an entry in the ledger", () => {
  test("does not call its partner while the circuit is open, and is told when it may", async () => {
    const payments = createMemoryPayments();
    const breaker = anInstance();
    const guarded = guardedPayments(payments, breaker, "payments");
    let calls = 0;
    const failing = guardedPayments(
      { ...payments, find: () => Promise.reject(new TransientFault(`down ${++calls}`)) },
      breaker,
      "payments",
    );
    for (let one = 0; one < 12; one++) await failing.find("pay_1").catch(() => undefined);
    expect(calls).toBe(10);
    await expect(guarded.find("pay_1")).rejects.toMatchObject({
      name: "NotNow",
      untilMs: system.now() + 30 * SECOND,
    });
    system.advance(30 * SECOND);
    expect(await guarded.find("pay_1")).toBeUndefined();
    expect(await guarded.find("pay_2")).toBeUndefined();
  });

  test("passes on what its partner says", async () => {
    const refusing = {
      ...createMemoryPayments(),
      find: () => Promise.reject(new PermanentFault("No", "no")),
    };
    await expect(guardedPayments(refusing, anInstance(), "payments").find("pay_1")).rejects.toMatchObject({
      reason: "No",
    });
  });
});
