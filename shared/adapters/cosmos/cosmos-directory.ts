import type { Container } from "@azure/cosmos";
import type { z } from "zod";
import { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import type { Directory } from "#shared/ports/directory.ts";
import type { System } from "#shared/ports/system.ts";
import { readDocument } from "./documents.ts";

const REMEMBER_FOR_MS = 30_000;
/** Bounds what an attacker can make us remember by trying keys. */
const MOST_ENTRIES = 10_000;

interface Remembered<T> {
  readonly value: T | undefined;
  readonly readAtMs: number;
}

/** Brands, vendors and keys in Cosmos DB, remembered for half a minute; when the store is down, for longer. */
export function createCosmosDirectory(
  containers: { readonly brands: Container; readonly vendors: Container; readonly keys: Container },
  system: System,
): Directory {
  return {
    brand: remembering(containers.brands, Brand, system),
    vendor: remembering(containers.vendors, Vendor, system),
    key: remembering(containers.keys, ApiKey, system),
  };
}

function remembering<S extends z.ZodObject>(
  container: Container,
  schema: S,
  system: System,
): (id: string) => Promise<z.infer<S> | undefined> {
  const remembered = new Map<string, Remembered<z.infer<S>>>();
  const underWay = new Map<string, Promise<z.infer<S> | undefined>>();

  const ask = async (id: string): Promise<z.infer<S> | undefined> => {
    const value = await readDocument(container, schema, id, id);
    if (remembered.size >= MOST_ENTRIES) remembered.clear();
    remembered.set(id, { value, readAtMs: system.now() });
    return value;
  };

  return async (id) => {
    const known = remembered.get(id);
    if (known !== undefined && system.now() - known.readAtMs < REMEMBER_FOR_MS) return known.value;
    let asked = underWay.get(id);
    if (asked === undefined) {
      asked = ask(id).finally(() => underWay.delete(id));
      underWay.set(id, asked);
    }
    try {
      return await asked;
    } catch (error) {
      // An old answer beats none: the store being down must not stop what does not depend on it.
      if (known?.value !== undefined) return known.value;
      throw error;
    }
  };
}
