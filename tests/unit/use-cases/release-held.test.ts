import { beforeEach, describe, expect, test } from "vitest";
import { type Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { noonPlus } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";

const KEY = "webhook:vendor-mill";
const SECOND = 1000;
const MINUTE = 60 * SECOND;

let app: MemoryApp;
beforeEach(() => {
  app = createMemoryApp();
});

const circuit = (changes: Partial<Circuit> = {}): void =>
  app.circuits.put({
    ...newCircuit(KEY),
    sinceMs: app.system.now(),
    holding: { sinceMs: app.system.now() },
    ...changes,
  });

/** The first one is the oldest. */
async function hold(count: number, changes: (position: number) => Partial<Delivery> = () => ({})) {
  for (let position = 0; position < count; position++) {
    const held = { state: "held", heldBy: KEY, heldSince: noonPlus(0), hop: 3 } as const;
    await app.ledger.createIfAbsent(
      aDelivery({ ...held, createdAt: noonPlus(position - 1000), ...changes(position) }),
    );
  }
  return app.ledger.all.map(({ id }) => id);
}
const sent = () => app.bus.arrived.map(({ messageId }) => messageId.split(":")[0]);
const open = (probeInMs: number): Partial<Circuit> => ({
  state: "open",
  probeAtMs: app.system.now() + probeInMs,
});

describe("after a circuit has closed", () => {
  test("the oldest go first, as many as the rate allows, spread over the time", async () => {
    circuit();
    const ids = await hold(200);
    app.system.advance(16 * SECOND);
    expect(await releaseHeld(app)).toBe(100);
    expect(sent()).toEqual(ids.slice(0, 100));
    const times = app.bus.arrived.map(({ notBeforeMs = 0 }) => notBeforeMs - app.system.now());
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBe(99 * 160);
  });

  test("a delivery that is on its way is not sent again, also when two release at once", async () => {
    circuit();
    await hold(50);
    app.system.advance(16 * SECOND);
    const released = await Promise.all([releaseHeld(app), releaseHeld(app)]);
    expect(released.toSorted((a, b) => a - b)).toEqual([0, 50]);
    app.system.advance(MINUTE);
    expect(await releaseHeld(app)).toBe(0);
    expect(app.bus.arrived).toHaveLength(50);
  });

  test("one whose message never went out is found again, and gets the same message", async () => {
    circuit();
    const [id] = await hold(1);
    app.system.advance(16 * SECOND);
    await new Promise<void>((resolve) => {
      // The process dies just before the message goes out.
      const send = (): Promise<never> => new Promise(() => resolve());
      void releaseHeld({ ...app, bus: { send } });
    });
    app.system.advance(MINUTE);
    expect(await releaseHeld(app)).toBe(0);
    app.system.advance(2 * MINUTE);
    expect(await releaseHeld(app)).toBe(1);
    expect(app.bus.arrived.map(({ messageId }) => messageId)).toEqual([`${id}:a4`]);
  });

  test("one that was superseded stays where it is", async () => {
    circuit();
    const [first, second] = await hold(2);
    const [delivery] = app.ledger.all;
    await app.ledger.change(
      delivery!,
      { state: "superseded", heldBy: undefined, updatedAt: noonPlus(0) },
      { state: ["held"] },
    );
    app.system.advance(16 * SECOND);
    expect(await releaseHeld(app)).toBe(1);
    expect([first, ...sent()]).toEqual([first, second]);
  });

  test("one that is superseded while it is being released is not sent, and the others are", async () => {
    circuit();
    const [, second] = await hold(2);
    const ledger = {
      ...app.ledger,
      async held(...query: Parameters<typeof app.ledger.held>) {
        const found = await app.ledger.held(...query);
        const gone = { state: "superseded", heldBy: undefined, updatedAt: noonPlus(0) } as const;
        if (found[0] !== undefined) await app.ledger.change(found[0], gone, { state: ["held"] });
        return found;
      },
    };
    app.system.advance(16 * SECOND);
    expect(await releaseHeld({ ...app, ledger })).toBe(1);
    expect(sent()).toEqual([second]);
  });

  test("when none is left for a minute, nothing is looked for any more", async () => {
    circuit();
    await releaseHeld(app);
    app.system.advance(MINUTE);
    await releaseHeld(app);
    expect(await app.circuits.read(KEY)).not.toHaveProperty("holding");
  });
});

describe("while a circuit is open", () => {
  test("nothing goes out before it is time, and then a single one", async () => {
    circuit(open(30 * SECOND));
    const ids = await hold(30);
    app.system.advance(30 * SECOND - 1);
    expect(await releaseHeld(app)).toBe(0);
    app.system.advance(1);
    expect(await releaseHeld(app)).toBe(1);
    expect(sent()).toEqual([ids[0]]);
  });

  test("a delivery that was tried before lets others probe: it may itself be the trouble", async () => {
    circuit(open(0));
    const ids = await hold(3, (position) => ({ attempts: position === 0 ? 1 : 0 }));
    await releaseHeld(app);
    expect(sent()).toEqual([ids[1]]);
  });

  test("one whose budget has ended gets its last try all the same", async () => {
    circuit(open(hours(100)));
    const ids = await hold(2, (position) => ({ firstEnqueuedAt: noonPlus(position * MINUTE) }));
    app.system.advance(hours(72));
    expect(await releaseHeld(app)).toBe(1);
    expect(sent()).toEqual([ids[0]]);
  });
});

test("nothing goes out before the time that a partner asked for", async () => {
  circuit({ blockedUntilMs: app.system.now() + MINUTE });
  await hold(1);
  app.system.advance(MINUTE - 1);
  expect(await releaseHeld(app)).toBe(0);
  app.system.advance(1);
  expect(await releaseHeld(app)).toBe(1);
});

describe("a notice that waits for the one before it", () => {
  const pair = async (before: Partial<Delivery>): Promise<string> => {
    const first = aDelivery(before);
    await app.ledger.createIfAbsent(first);
    const held = { state: "held", heldBy: "order", after: first.id, event: "order.cancelled.v1" } as const;
    const { delivery } = await app.ledger.createIfAbsent(aDelivery({ ...held, orderId: first.orderId }));
    return delivery.id;
  };

  test.each([
    ["is under way", { state: "sending" }],
    ["may have arrived and is held", { state: "held", maybeDelivered: true }],
  ] as const)(
    "stays while that one %s, and goes in any case when its own budget has ended",
    async (_what, before) => {
      const id = await pair(before);
      expect(await releaseHeld(app)).toBe(0);
      app.system.advance(hours(72));
      expect(await releaseHeld(app)).toBe(1);
      expect(sent()).toEqual([id]);
    },
  );

  test.each([["delivered"], ["parked"], ["superseded"]] as const)(
    "goes when that one is %s",
    async (state) => {
      await pair({ state });
      expect(await releaseHeld(app)).toBe(1);
    },
  );
});

test("what could not be sent goes with the next run, as soon as Service Bus can be reached again", async () => {
  circuit();
  const ids = await hold(3);
  app.bus.breakDown("vendor-webhook");
  app.system.advance(16 * SECOND);
  await expect(releaseHeld(app)).rejects.toThrow("vendor-webhook cannot be reached");
  app.bus.mend();
  app.system.advance(SECOND);
  expect(await releaseHeld(app)).toBe(3);
  expect(sent()).toEqual(ids);
});

test("the trouble of one partner does not keep the deliveries of another", async () => {
  circuit();
  await hold(1);
  app.circuits.put({ ...newCircuit("a:first"), sinceMs: app.system.now(), holding: { sinceMs: 0 } });
  await app.ledger.createIfAbsent(aDelivery({ state: "held", heldBy: "a:first", channel: "vendor-email" }));
  app.bus.breakDown("vendor-email");
  app.system.advance(16 * SECOND);
  await expect(releaseHeld(app)).rejects.toThrow("vendor-email cannot be reached");
  expect(app.bus.arrived).toHaveLength(1);
});

function hours(count: number): number {
  return count * 60 * MINUTE;
}
