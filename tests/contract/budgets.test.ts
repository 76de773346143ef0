import { afterAll, beforeAll, expect, test } from "vitest";
import { createCosmosBudgets } from "#shared/adapters/cosmos/cosmos-budgets.ts";
import type { Containers } from "../../scripts/seed/create-containers.ts";
import { createHandSystem } from "../fakes/hand-system.ts";
import { type CosmosWorld, openCosmos } from "./cosmos-world.ts";

let cosmos: CosmosWorld;
let containers: Containers;
beforeAll(async () => {
  cosmos = await openCosmos();
  containers = await cosmos.newContainers();
});
afterAll(() => cosmos.stop());

test.each([1, 7, 60])(
  "ten instances that ask at once never get more than %i calls of one second",
  async (perSecond) => {
    const system = createHandSystem();
    // Nobody waits for the next second: all that is asked for is of this one.
    const pace = { now: () => system.now(), pause: () => Promise.resolve() };
    const instances = Array.from({ length: 10 }, () => createCosmosBudgets(containers.budgets, pace));
    const key = `mail:${perSecond}`;
    const ask = () =>
      Promise.all(instances.flatMap((one) => [1, 2, 3, 4, 5, 6, 7, 8].map(() => one.take(key, perSecond))));
    for (let second = 0; second < 3; second++) {
      const granted = (await ask()).filter(({ ok }) => ok).length;
      expect(granted).toBeLessThanOrEqual(perSecond);
      expect(granted).toBeGreaterThanOrEqual(Math.min(perSecond, 10) - 1);
      system.advance(1000);
    }
  },
);

test("who comes too late in a second waits for the next one, and is told when that is used up as well", async () => {
  const system = createHandSystem();
  const waits: number[] = [];
  const pace = {
    now: () => system.now(),
    pause(ms: number) {
      waits.push(ms);
      system.advance(ms);
      return Promise.resolve();
    },
  };
  const budgets = createCosmosBudgets(containers.budgets, pace);
  system.advance(400);
  expect(await budgets.take("slow", 1)).toEqual({ ok: true });
  expect(await budgets.take("slow", 1)).toEqual({ ok: true });
  expect(waits).toEqual([600]);
});

test("what was taken and not used is not used in a later second", async () => {
  const system = createHandSystem();
  const pace = { now: () => system.now(), pause: () => Promise.resolve() };
  const [hoarder, other] = [1, 2].map(() => createCosmosBudgets(containers.budgets, pace));
  await hoarder!.take("hoard", 20);
  system.advance(1000);
  let granted = 0;
  for (let one = 0; one < 30; one++) granted += (await other!.take("hoard", 20)).ok ? 1 : 0;
  granted += (await hoarder!.take("hoard", 20)).ok ? 1 : 0;
  expect(granted).toBe(20);
});
