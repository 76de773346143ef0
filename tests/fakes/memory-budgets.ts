import type { Budgets } from "#shared/ports/budgets.ts";
import type { System } from "#shared/ports/system.ts";

const SECOND = 1000;

/** Calls per second in memory; nobody waits. */
export function createMemoryBudgets(system: Pick<System, "now">): Budgets {
  const taken = new Map<string, { second: number; count: number }>();
  return {
    take(key, perSecond) {
      const second = Math.floor(system.now() / SECOND);
      const known = taken.get(key);
      const count = known?.second === second ? known.count : 0;
      if (count >= perSecond) return Promise.resolve({ ok: false, retryAtMs: (second + 1) * SECOND });
      taken.set(key, { second, count: count + 1 });
      return Promise.resolve({ ok: true });
    },
  };
}
