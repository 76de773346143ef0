import type { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";

/**
 * Brands, vendors and API keys. Answers may be up to half a minute old. Throws TransientFault when the store cannot
 * answer and nothing is remembered.
 */
export interface Directory {
  brand(id: string): Promise<Brand | undefined>;
  vendor(id: string): Promise<Vendor | undefined>;
  /** By the SHA-256 of the key in hex. */
  key(hash: string): Promise<ApiKey | undefined>;
}
