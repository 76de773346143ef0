import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { expectAllDone, expectConfirmed, expectStockFor } from "./support/all-done.ts";
import { CloudProcess } from "./support/cloud-process.ts";
import { eventually } from "./support/eventually.ts";
import {
  effects,
  effectsOfConfirmed,
  faultsOfCancelled,
  type Partner,
  setMode,
} from "./support/partner-books.ts";
import { freePortOffset, type Place, temporaryHome } from "./support/place.ts";
import { expectNothingToReconcile } from "./support/reconciled.ts";
import { signal } from "./support/processes.ts";
import { seededRandom, startStorm, type Storm } from "./support/storm.ts";
import { type PlacedOrder, placeWhatever } from "./support/storefront.ts";

/** Of the moments and the victims; it stands in the title, so that a bad run can be had again. */
const seed = Number(process.env["EXPEDITE_KILL_SEED"] ?? Date.now() % 1_000_000);
/** How often each test goes through its list; more when somebody hunts by hand. */
const passes = Number(process.env["EXPEDITE_KILL_PASSES"] ?? 1);
const patienceMs = passes * 60_000 + 240_000;

/** A release that died between ledger and queue is found again after two minutes. */
const SETTLED_WITHIN_MS = 180_000;

const modes = [
  { mode: "ok" },
  { mode: "answer-lost", probability: 0.3 },
  { mode: "flaky", failureRate: 0.3 },
] as const;
const partners: readonly Partner[] = ["payments", "mail", "webhooks"];

/** The partners may be among the dead at the moment. */
const setModes = async (place: Place, mode: (typeof modes)[number]): Promise<void> => {
  for (const partner of partners) await eventually(() => setMode(place, partner, mode));
};

/** `npm start` places one order by itself, whatever the number of starts. */
async function theFirstOrder(place: Place): Promise<PlacedOrder> {
  const brand = "pancake-palace";
  const request = place.samples[brand];
  if (request === undefined) throw new Error("There is no sample order");
  return await placeWhatever(place, brand, "the-first-order", request);
}

async function expectNothingLostNothingTwice(place: Place, home: string, storm: Storm): Promise<void> {
  const standing = [await theFirstOrder(place), ...storm.placed];
  const everything = [...standing, ...storm.cancelled];
  expect(new Set(everything.map(({ id }) => id)).size).toBe(everything.length);
  await eventually(async () => {
    const seen = await effects(place);
    expect(storm.cancelled.flatMap((order) => faultsOfCancelled(order, seen))).toEqual([]);
  }, SETTLED_WITHIN_MS);
  const cancelledIds = new Set(storm.cancelled.map(({ id }) => id));
  const ofCancelled = (await effects(place)).filter((effect) => cancelledIds.has(effect.split(" ")[0] ?? ""));
  await expectAllDone(place, standing, {
    withinMs: SETTLED_WITHIN_MS,
    effects: [...standing.flatMap(effectsOfConfirmed), ...ofCancelled],
  });
  // What a lost answer has put on hold is told already, and not yet known to be.
  await eventually(() => expectConfirmed(place, standing), SETTLED_WITHIN_MS);
  await expectStockFor(place, standing);
  await expectNothingToReconcile(place, home);
}

async function start(): Promise<{
  readonly cloud: CloudProcess;
  readonly home: string;
  again(): CloudProcess;
}> {
  const { home, remove } = temporaryHome();
  const offset = await freePortOffset();
  let cloud = new CloudProcess(home, offset);
  onTestFinished(async () => {
    await cloud.killEverything();
    remove();
  });
  const again = (): CloudProcess => {
    cloud = new CloudProcess(home, offset);
    return cloud;
  };
  return { cloud, home, again };
}

test(
  `killed at any moment, started again: every order with a 202 is finished, nothing happens twice (seed ${seed})`,
  async () => {
    const random = seededRandom(seed);
    const { cloud: first, home, again } = await start();
    let cloud = first;
    const place = await cloud.ready();
    const storm = startStorm(place, `kill-${seed}`);
    for (const mode of Array.from({ length: passes }, () => modes).flat()) {
      await setModes(place, mode);
      await pause(300 + random() * 2_500);
      await cloud.killEverything();
      cloud = again();
      // A start is a moment like any other.
      await pause(random() * 2_500);
      await cloud.killEverything();
      cloud = again();
      await cloud.ready();
    }
    await setModes(place, { mode: "ok" });
    await storm.end();
    await expectNothingLostNothingTwice(place, home, storm);
  },
  patienceMs,
);

const victims = [
  /part-process\.ts service-bus/,
  /part-process\.ts cosmos/,
  /part-process\.ts partners/,
  /part-process\.ts functions/,
  /functions-host\/worker\/child\.ts/,
] as const;

test(
  `parts killed one by one are started again, and nothing is lost or happens twice (seed ${seed})`,
  async () => {
    const random = seededRandom(seed + 1);
    const { cloud, home } = await start();
    const place = await cloud.ready();
    const storm = startStorm(place, `parts-${seed}`);
    const inTurn = Array.from({ length: 2 * passes }, () => victims)
      .flat()
      .toSorted(() => random() - 0.5);
    for (const [turn, victim] of inTurn.entries()) {
      await pause(200 + random() * 1_500);
      if (turn === 3) await setModes(place, { mode: "answer-lost", probability: 0.3 });
      const candidates = cloud.processes().filter(({ command }) => victim.test(command));
      const unlucky = candidates[Math.floor(random() * candidates.length)];
      if (unlucky !== undefined) signal(unlucky.pid, "SIGKILL");
    }
    await setModes(place, { mode: "ok" });
    await storm.end();
    await expectNothingLostNothingTwice(place, home, storm);
  },
  patienceMs,
);
