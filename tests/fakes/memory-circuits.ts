import { type Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import type { Circuits } from "#shared/ports/circuits.ts";

/** Circuits in memory. Each call takes effect at once, and nothing handed in or out is shared. */
export interface MemoryCircuits extends Circuits {
  /** Puts a circuit there as it is. */
  put(circuit: Circuit): void;
  /** How often something was stored. */
  readonly writes: number;
}

export function createMemoryCircuits(): MemoryCircuits {
  const stored = new Map<string, Circuit>();
  let writes = 0;
  const put = (circuit: Circuit): void => {
    writes++;
    stored.set(circuit.id, structuredClone(circuit));
  };
  const now = (key: string): Circuit => structuredClone(stored.get(key) ?? newCircuit(key));
  return {
    put,
    get writes() {
      return writes;
    },
    read: (key) => Promise.resolve(now(key)),
    change(key, decide) {
      const next = decide(now(key));
      if (next !== undefined) put(next);
      return Promise.resolve({ circuit: now(key), changed: next !== undefined });
    },
    all: () => Promise.resolve(structuredClone([...stored.values()])),
  };
}
