import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { brands, vendors } from "./shop.ts";

const Secrets = z.object({
  partners: z.object({ payments: z.string(), stock: z.string(), mail: z.string() }),
  webhooks: z.record(z.string(), z.string()),
  keys: z.object({
    storefront: z.record(z.string(), z.string()),
    vendor: z.record(z.string(), z.string()),
    ops: z.string(),
  }),
});
export type Secrets = z.infer<typeof Secrets>;

const ONLY_FOR_THE_OWNER = 0o600;

/** The secrets of this data folder, made at random the first time. The stores know API keys by their hashes only. */
export function secretsIn(file: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const made = makeSecrets();
  mkdirSync(dirname(file), { recursive: true });
  // A half-written file would lock people out of their own data folder.
  writeFileSync(`${file}.new`, JSON.stringify(made, null, 2), { mode: ONLY_FOR_THE_OWNER });
  renameSync(`${file}.new`, file);
  return made;
}

const apiKey = (scope: string): string => `exp_${scope}_${randomBytes(24).toString("base64url")}`;

const perId = (ids: readonly string[], make: () => string): Record<string, string> =>
  Object.fromEntries(ids.map((id) => [id, make()]));

const makeSecrets = (): Secrets => {
  const vendorIds = vendors.map(({ id }) => id);
  return {
    partners: {
      payments: randomBytes(24).toString("base64url"),
      stock: randomBytes(24).toString("base64url"),
      mail: randomBytes(32).toString("base64"),
    },
    webhooks: perId(vendorIds, () => `whsec_${randomBytes(24).toString("base64")}`),
    keys: {
      storefront: perId(
        brands.map(({ id }) => id),
        () => apiKey("storefront"),
      ),
      vendor: perId(vendorIds, () => apiKey("vendor")),
      ops: apiKey("ops"),
    },
  };
};
