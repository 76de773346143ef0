import type { System } from "#shared/ports/system.ts";

/** Time and chance that stand still until a test moves them. */
export interface HandSystem extends System {
  advance(ms: number): void;
  /** What `random` answers from now on, in [0, 1). */
  chance: number;
}

export function createHandSystem(startMs = Date.UTC(2026, 0, 1, 12)): HandSystem {
  let nowMs = startMs;
  return {
    chance: 0.5,
    now: () => nowMs,
    random() {
      return this.chance;
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}
