import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { brands, vendors } from "./shop.ts";

const Secrets = z.object({
  partners: z.object({ payments: z.string(), stock: z.string(), mail: z.string() }),
  /** Signs the links by which customers answer. */
  linkKey: z.string(),
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
    const known: object = JSON.parse(readFileSync(file, "utf8"));
    // A data folder of an earlier version.
    if (!("linkKey" in known)) return written(file, Secrets.parse({ ...known, linkKey: linkKey() }));
    return Secrets.parse(known);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  mkdirSync(dirname(file), { recursive: true });
  return written(file, makeSecrets());
}

function written(file: string, secrets: Secrets): Secrets {
  // A half-written file would lock people out of their own data folder.
  writeFileSync(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: ONLY_FOR_THE_OWNER });
  renameSync(`${file}.new`, file);
  return secrets;
}

const linkKey = (): string => randomBytes(32).toString("base64url");

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
    linkKey: linkKey(),
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
