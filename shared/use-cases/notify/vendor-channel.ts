import type { Channel } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";

export type VendorChannel = Exclude<Channel, "customer-email">;

/** How a vendor is told now. */
export const channelOf = ({ endpoint }: Vendor): VendorChannel =>
  endpoint.kind === "webhook" ? "vendor-webhook" : "vendor-email";
