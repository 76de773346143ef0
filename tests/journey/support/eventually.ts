import { setTimeout as pause } from "node:timers/promises";

const LOOK_AGAIN_AFTER_MS = 100;

/** Repeats `look` until it no longer throws, and answers its result; after `withinMs` it throws what `look` threw last. */
export async function eventually<T>(look: () => Promise<T> | T, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(LOOK_AGAIN_AFTER_MS);
    }
  }
}
