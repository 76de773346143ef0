import type { Brand, Vendor } from "#shared/contracts/directory.ts";
import type { VendorNotice } from "../vendor-notice.ts";
import { composeMail, formatMoney, type MailContent } from "./mail-content.ts";

/** The mail that tells a vendor without a webhook the same as its webhook would. */
export function vendorMail(notice: VendorNotice, vendor: Vendor, brand: Brand, locale: string): MailContent {
  const { orderId, currency, lines, reference, shipTo } = notice.data;
  const cancelled = notice.type === "order.cancelled.v1";
  const address = shipTo && [
    shipTo.name,
    shipTo.line1,
    shipTo.line2,
    shipTo.city,
    shipTo.region,
    shipTo.postcode,
    shipTo.country,
  ];
  return composeMail({
    template: cancelled ? "vendor-order-cancelled" : "vendor-new-order",
    subject: `${cancelled ? "Cancelled" : "New order"}: ${reference ?? orderId} from ${brand.name}`,
    greeting: `Hello ${vendor.name},`,
    paragraphs: [
      cancelled
        ? "This order is cancelled. Please do not send these goods."
        : "There is a new order for you. Please send these goods.",
    ],
    rows: [
      ...lines.map(
        ({ sku, quantity, unitPrice }) =>
          [`${quantity} × ${sku}`, formatMoney(quantity * unitPrice, currency, locale)] as const,
      ),
      ...(address === undefined ? [] : [["Send to", address.filter(Boolean).join(", ")] as const]),
      ["Order", orderId],
    ],
    signature: brand.name,
  });
}

/** To the people of a vendor whose webhook answered that it wants no more notices. */
export function endpointDisabledMail(vendor: Vendor, brand: Brand): MailContent {
  return composeMail({
    template: "vendor-endpoint-disabled",
    subject: `${vendor.name}: your webhook gets no more notices`,
    greeting: `Hello ${vendor.name},`,
    paragraphs: [
      "Your webhook answered 410 Gone to a notice of ours, so we have stopped sending to it. Orders for you go on coming in, and " +
        "their notices wait.",
      "Please tell us when it takes notices again, or where to send them instead; you get the ones that wait then.",
    ],
    rows: [],
    signature: brand.name,
  });
}
