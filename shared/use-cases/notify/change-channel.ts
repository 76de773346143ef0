import type { Delivery } from "#shared/contracts/delivery.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { System } from "#shared/ports/system.ts";
import { dueMessage } from "./due-message.ts";
import type { MessageAge } from "./hold.ts";
import type { VendorChannel } from "./vendor-channel.ts";

/**
 * Moves a delivery to the queue of the channel that its vendor has now: the ledger first, then the message, which has
 * the same id however often this runs.
 */
export async function changeChannel(
  deps: { readonly ledger: DeliveryLedger; readonly bus: Bus; readonly system: System },
  delivery: Delivery,
  age: MessageAge,
  channel: VendorChannel,
): Promise<Outcome> {
  const { state } = delivery;
  if (state === "delivered" || state === "superseded") return DONE;
  const updatedAt = new Date(deps.system.now()).toISOString();
  const moved = await deps.ledger.change(delivery, { channel, updatedAt }, { state: [state] });
  const next = {
    ...(moved ?? delivery),
    channel,
    firstEnqueuedAt: new Date(age.firstEnqueuedAtMs).toISOString(),
  };
  await deps.bus.send(channel, [dueMessage(next, age.hop + 1)]);
  return DONE;
}
