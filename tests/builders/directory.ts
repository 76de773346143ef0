import type { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import { hashOfKey } from "#shared/domain/ids.ts";

export const WEBHOOK_VENDOR = "vendor-mill";
export const EMAIL_VENDOR = "vendor-dairy";

export const aBrand = (changes: Partial<Brand> = {}): Brand => ({
  id: "pancake-palace",
  name: "Pancake Palace",
  mailFrom: "orders@pancake-palace.example",
  vendorIds: [WEBHOOK_VENDOR, EMAIL_VENDOR],
  ...changes,
});

/** A vendor who is told by webhook. */
export const aVendor = (changes: Partial<Vendor> = {}): Vendor => ({
  id: WEBHOOK_VENDOR,
  name: "Old Mill",
  endpoint: {
    kind: "webhook",
    url: "https://mill.example/notices",
    secret: `whsec_${Buffer.from("the secret of the mill").toString("base64")}`,
  },
  ...changes,
});

export const aVendorByMail = (changes: Partial<Vendor> = {}): Vendor =>
  aVendor({
    id: EMAIL_VENDOR,
    name: "Hill Dairy",
    endpoint: { kind: "email", address: "orders@dairy.example", locale: "en-AU" },
    ...changes,
  });

/** What the directory knows of a key. */
export const anApiKey = (key: string, changes: Partial<ApiKey> = {}): ApiKey => ({
  id: hashOfKey(key),
  scope: "storefront",
  owner: "pancake-palace",
  ...changes,
});
