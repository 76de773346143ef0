import type { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import type { Directory } from "#shared/ports/directory.ts";
import type { VendorEndpoints } from "#shared/ports/vendor-endpoints.ts";

export interface DirectoryEntries {
  readonly brands?: readonly Brand[];
  readonly vendors?: readonly Vendor[];
  readonly keys?: readonly ApiKey[];
}

/** Brands, vendors and keys in memory; a later entry of the same id takes the place of the earlier one. */
export interface MemoryDirectory extends Directory, VendorEndpoints {
  add(entries: DirectoryEntries): void;
}

export function createMemoryDirectory(entries: DirectoryEntries = {}): MemoryDirectory {
  const brands = new Map<string, Brand>();
  const vendors = new Map<string, Vendor>();
  const keys = new Map<string, ApiKey>();
  const directory: MemoryDirectory = {
    brand: (id) => Promise.resolve(brands.get(id)),
    vendor: (id) => Promise.resolve(vendors.get(id)),
    key: (hash) => Promise.resolve(keys.get(hash)),
    disable(vendorId, url, why) {
      const vendor = vendors.get(vendorId);
      if (vendor?.endpoint.kind !== "webhook" || vendor.endpoint.url !== url)
        return Promise.resolve(undefined);
      const { disabled = why } = vendor.endpoint;
      vendors.set(vendorId, { ...vendor, endpoint: { ...vendor.endpoint, disabled } });
      return Promise.resolve(disabled);
    },
    add(more) {
      for (const brand of more.brands ?? []) brands.set(brand.id, brand);
      for (const vendor of more.vendors ?? []) vendors.set(vendor.id, vendor);
      for (const key of more.keys ?? []) keys.set(key.id, key);
    },
  };
  directory.add(entries);
  return directory;
}
