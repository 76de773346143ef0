import type { Delivery } from "#shared/contracts/delivery.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import type { DeliveryChanges, DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { System } from "#shared/ports/system.ts";
import type { Breaker } from "../breaker.ts";

/** Which copy of a message this is, and since when there have been copies. */
export interface MessageAge {
  /** 1 for the message as first sent; each copy counts one up. */
  readonly hop: number;
  readonly firstEnqueuedAtMs: number;
  readonly traceparent?: string | undefined;
}

/** Holds for what is not a circuit: a notice that waits for the one before it. */
export const HELD_BY_ORDER = "order";

/** Fields that only a held delivery has. */
export const NO_LONGER_HELD = { heldBy: undefined, heldSince: undefined } as const;

/**
 * Puts a delivery aside until the release sends it on. Its message is complete then: the entry in the ledger is all
 * that is left of it, so nothing spins, nothing expires, and it can be superseded. Costs no attempt. Undefined when somebody else moved it meanwhile.
 */
export async function hold(
  deps: { readonly ledger: DeliveryLedger; readonly system: System; readonly breaker: Breaker },
  delivery: Delivery,
  age: MessageAge,
  heldBy: string,
  facts: DeliveryChanges = {},
): Promise<Outcome | undefined> {
  const nowMs = deps.system.now();
  const at = new Date(nowMs).toISOString();
  const held = await deps.ledger.change(
    delivery,
    {
      ...facts,
      state: "held",
      heldBy,
      heldSince: delivery.heldSince ?? at,
      hop: age.hop,
      nextAttemptAt: undefined,
      firstEnqueuedAt: new Date(age.firstEnqueuedAtMs).toISOString(),
      updatedAt: at,
    },
    { state: [delivery.state], hop: delivery.hop },
  );
  if (held === undefined) return undefined;
  if (heldBy !== HELD_BY_ORDER) await deps.breaker.held(heldBy);
  return DONE;
}
