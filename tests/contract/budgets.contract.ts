import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Budgets } from "#shared/ports/budgets.ts";
import { createHandSystem, type HandSystem } from "../fakes/hand-system.ts";

export interface BudgetsWorld {
  /** As one more instance of the app sees the same budgets; it waits for no later second. */
  instance(system: HandSystem): Budgets;
  stop(): Promise<void>;
}

/** What every keeper of calls per second promises. */
export function testBudgets(name: string, start: () => Promise<BudgetsWorld>): void {
  describe(`budgets: ${name}`, () => {
    let world: BudgetsWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    test.each([1, 7, 60])(
      "ten instances that ask at once never get more than %i calls of one second",
      async (perSecond) => {
        const system = createHandSystem();
        const instances = Array.from({ length: 10 }, () => world.instance(system));
        const key = `mail:${perSecond}`;
        const asked = instances.flatMap((one) => Array.from({ length: 8 }, () => one));
        for (let second = 0; second < 3; second++) {
          const answers = await Promise.all(asked.map((one) => one.take(key, perSecond)));
          const granted = answers.filter(({ ok }) => ok).length;
          expect(granted).toBeLessThanOrEqual(perSecond);
          expect(granted).toBeGreaterThanOrEqual(Math.min(perSecond, 10) - 1);
          system.advance(1000);
        }
      },
    );

    test("who gets none is told when the next second begins", async () => {
      const system = createHandSystem();
      const budgets = world.instance(system);
      system.advance(400);
      expect(await budgets.take("told", 1)).toEqual({ ok: true });
      expect(await budgets.take("told", 1)).toEqual({ ok: false, retryAtMs: system.now() + 600 });
    });

    test("one partner's calls are not another's", async () => {
      const budgets = world.instance(createHandSystem());
      expect(await budgets.take("mail:one", 1)).toEqual({ ok: true });
      expect(await budgets.take("mail:two", 1)).toEqual({ ok: true });
    });
  });
}
