import type { Delivery } from "#shared/contracts/delivery.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import { NO_LONGER_HELD } from "./hold.ts";

/**
 * Takes back a notice that became pointless, if nobody can have received it: it waits, is held or is parked, and every
 * attempt so far was clearly refused. Answers whether the notice is, or had been, taken back.
 */
export async function supersede(
  ledger: DeliveryLedger,
  notice: Pick<Delivery, "id" | "orderId">,
  at: string,
): Promise<boolean> {
  const takenBack = await ledger.change(
    notice,
    { ...NO_LONGER_HELD, state: "superseded", nextAttemptAt: undefined, updatedAt: at },
    { state: ["pending", "held", "parked", "superseded"], maybeDelivered: false },
  );
  return takenBack !== undefined;
}

/**
 * Ends a notice that must not go out any more, whoever may have received it: nothing else depends on that. Without this,
 * one whose attempts got no answer would wait, or be held, for ever. An attempt that is under way all the same and goes well is
 * recorded as delivered.
 */
export async function giveUp(
  ledger: DeliveryLedger,
  notice: Pick<Delivery, "id" | "orderId">,
  at: string,
): Promise<void> {
  await ledger.change(
    notice,
    { ...NO_LONGER_HELD, state: "superseded", nextAttemptAt: undefined, updatedAt: at },
    { state: ["pending", "held", "sending", "parked"] },
  );
}
