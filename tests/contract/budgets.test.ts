import { afterAll, beforeAll, expect, test } from "vitest";
import { createCosmosBudgets } from "#shared/adapters/cosmos/cosmos-budgets.ts";
import type { Containers } from "../../scripts/seed/create-containers.ts";
import type { Budgets } from "#shared/ports/budgets.ts";
import { createHandSystem, type HandSystem } from "../fakes/hand-system.ts";
import { createMemoryBudgets } from "../fakes/memory-budgets.ts";
import { testBudgets } from "./budgets.contract.ts";
import { type CosmosWorld, openCosmos } from "./cosmos-world.ts";

let cosmos: CosmosWorld;
let containers: Containers;
beforeAll(async () => {
  cosmos = await openCosmos();
  containers = await cosmos.newContainers();
});
afterAll(() => cosmos.stop());

testBudgets("in memory", () => {
  const all = new Map<HandSystem, Budgets>();
  return Promise.resolve({
    instance(system) {
      const budgets = all.get(system) ?? createMemoryBudgets(system);
      all.set(system, budgets);
      return budgets;
    },
    stop: () => Promise.resolve(),
  });
});

testBudgets("Cosmos DB", async () => {
  const own = await openCosmos();
  const { budgets } = await own.newContainers();
  return {
    instance: (system) =>
      createCosmosBudgets(budgets, { now: () => system.now(), pause: () => Promise.resolve() }),
    stop: () => own.stop(),
  };
});

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
