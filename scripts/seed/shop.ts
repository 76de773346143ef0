import type { Brand } from "#shared/contracts/directory.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";

/** The demonstration's world: two brands, three vendors, and more goods than anybody will order. */
interface DemoVendor {
  readonly id: string;
  readonly name: string;
  readonly toldBy: "webhook" | "email";
}

export const vendors: readonly DemoVendor[] = [
  { id: "vendor-mill", name: "Old Mill", toldBy: "webhook" },
  { id: "vendor-dairy", name: "Hill Dairy", toldBy: "email" },
  { id: "vendor-knit", name: "Knit & Co", toldBy: "webhook" },
];

const vendorIds = vendors.map(({ id }) => id);

export const brands: readonly Brand[] = [
  { id: "pancake-palace", name: "Pancake Palace", mailFrom: "orders@pancake-palace.example", vendorIds },
  { id: "sock-drawer", name: "The Sock Drawer", mailFrom: "hello@sock-drawer.example", vendorIds },
];

export const PIECES_OF_EACH_SKU = 1_000_000;
export const skus = ["PANCAKE-MIX", "MAPLE-SYRUP", "BUTTER", "WOOL-SOCKS", "SILK-SOCKS"] as const;

/** One order body per brand that is accepted as it is: two vendors, one told by webhook and one by mail. */
export const sampleOrders: Readonly<Record<string, OrderRequest>> = {
  "pancake-palace": {
    currency: "AUD",
    locale: "en-AU",
    reference: "W-10042",
    customer: { email: "sam@example.com", name: "Sam Field" },
    shippingAddress: { line1: "1 High St", city: "Perth", postcode: "6000", country: "AU" },
    lines: [
      { sku: "PANCAKE-MIX", quantity: 2, unitPrice: 1250, vendorId: "vendor-mill" },
      { sku: "BUTTER", quantity: 1, unitPrice: 640, vendorId: "vendor-dairy" },
    ],
    payment: { token: "tok_visa" },
  },
  "sock-drawer": {
    currency: "EUR",
    locale: "de-DE",
    reference: "S-77",
    customer: { email: "kim@example.com", name: "Kim Bauer" },
    shippingAddress: { line1: "Lange Str. 5", city: "Hamburg", postcode: "20095", country: "DE" },
    lines: [
      { sku: "WOOL-SOCKS", quantity: 3, unitPrice: 1490, vendorId: "vendor-knit" },
      { sku: "MAPLE-SYRUP", quantity: 1, unitPrice: 890, vendorId: "vendor-dairy" },
    ],
    payment: { token: "tok_visa" },
  },
};
