import type { Container } from "@azure/cosmos";
import { Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";
import { fromDocument, toDocument } from "./documents.ts";

/** When an outage begins, every instance reports at once: all but one of them have to look again. */
const MOST_LOOKS = 200;

/**
 * A circuit that this version cannot read begins anew: what it knew is soon learned again, and deliveries may be held for
 * it. Throwing would stop every call to its partner, and the release for all the others.
 */
function circuitIn(document: Readonly<Record<string, unknown>>): Circuit {
  try {
    return fromDocument(Circuit, document);
  } catch {
    return { ...newCircuit(String(document["id"])), holding: { sinceMs: 0 } };
  }
}

/** Circuits in Cosmos DB, one document each, changed under its ETag. */
export function createCosmosCircuits(container: Container): Circuits {
  const look = async (key: string): Promise<{ readonly circuit: Circuit; readonly etag?: string }> => {
    const { resource, etag } = await asking(async () => {
      try {
        return await container.item(key, key).read<Record<string, unknown>>();
      } catch (error) {
        if (statusOf(error) === status.notFound) return { resource: undefined, etag: "" };
        throw error;
      }
    });
    if (resource === undefined) return { circuit: newCircuit(key) };
    return { circuit: circuitIn(resource), etag };
  };

  /** Whether it was stored: somebody else may have changed it since. */
  const store = async (circuit: Circuit, etag: string | undefined): Promise<boolean> =>
    await asking(async () => {
      try {
        if (etag === undefined) await container.items.create(toDocument(circuit));
        else {
          const accessCondition = { type: "IfMatch", condition: etag };
          await container.item(circuit.id, circuit.id).replace(toDocument(circuit), { accessCondition });
        }
        return true;
      } catch (error) {
        const code = statusOf(error);
        if (code === status.conflict || code === status.preconditionFailed || code === status.notFound)
          return false;
        throw error;
      }
    });

  return {
    read: async (key) => (await look(key)).circuit,

    async change(key, decide) {
      for (let attempt = 0; attempt < MOST_LOOKS; attempt++) {
        const { circuit, etag } = await look(key);
        const next = decide(circuit);
        if (next === undefined) return { circuit, changed: false };
        if (await store(next, etag)) return { circuit: next, changed: true };
      }
      throw new TransientFault(`Others kept changing the circuit ${key}`);
    },

    async all() {
      const { resources } = await asking(() => container.items.readAll<Record<string, unknown>>().fetchAll());
      return resources.map(circuitIn);
    },
  };
}
