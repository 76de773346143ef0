import type { Circuit } from "#shared/contracts/circuit.ts";

/**
 * What all instances know of partners and endpoints. Every change is one document, atomic and durable when it
 * resolves. Throws TransientFault; repeating a call is safe.
 */
export interface Circuits {
  /** As it is stored now; a new one for a key that nobody has reported on. */
  read(key: string): Promise<Circuit>;
  /**
   * Stores what `decide` makes of the circuit as it is now; nothing when that is undefined. Where somebody else changes
   * it at the same moment, `decide` is asked again with theirs, so it may run several times. Answers the circuit as it
   * is afterwards, and whether this call changed it.
   */
  change(
    key: string,
    decide: (circuit: Circuit) => Circuit | undefined,
  ): Promise<{ readonly circuit: Circuit; readonly changed: boolean }>;
  /** Every circuit that was ever reported on. */
  all(): Promise<Circuit[]>;
}
