import { ENDPOINT_DISABLED } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { System } from "#shared/ports/system.ts";
import type { VendorEndpoints } from "#shared/ports/vendor-endpoints.ts";
import { dueMessage } from "./due-message.ts";
import { newDelivery } from "./new-delivery.ts";

export interface DisableEndpointDeps {
  readonly endpoints: VendorEndpoints;
  readonly ledger: DeliveryLedger;
  readonly bus: Bus;
  readonly system: System;
}

/** A vendor, and the brand in whose name it is written to. */
interface Whose {
  readonly vendor: Vendor;
  readonly brandId: string;
}

/**
 * Takes a webhook that answered 410 at its word: it gets no more notices, and the vendor's people get a mail. May run
 * twice and in parallel; the mail is a delivery with a name of its own, so it goes out once, and waits like any other.
 */
export async function disableEndpoint(
  deps: DisableEndpointDeps,
  whose: Whose,
  url: string,
  reason: string,
): Promise<void> {
  const since = new Date(deps.system.now()).toISOString();
  const disabled = await deps.endpoints.disable(whose.vendor.id, url, { since, reason });
  if (disabled !== undefined) await tellOfDisabled(deps, whose, disabled.since);
}

/** Asked for again with every notice that is not sent, in case whoever disabled the endpoint died before the mail. */
export async function tellOfDisabled(
  { ledger, bus }: Pick<DisableEndpointDeps, "ledger" | "bus">,
  { vendor, brandId }: Whose,
  since: string,
): Promise<void> {
  if (vendor.contact === undefined) return;
  const occasion = { brandId, orderId: `${vendor.id}@${since}` };
  const notice = { event: ENDPOINT_DISABLED, channel: "vendor-email", recipient: vendor.id } as const;
  const { delivery } = await ledger.createIfAbsent(newDelivery(occasion, notice, since));
  if (delivery.state !== "pending" || delivery.attempts > 0) return;
  await bus.send("vendor-email", [dueMessage(delivery, 1)]);
}
