import { type Container, CosmosClient } from "@azure/cosmos";
import { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import { hashOfKey } from "#shared/domain/ids.ts";
import { createContainers } from "./create-containers.ts";
import type { Secrets } from "./secrets.ts";
import { brands, PIECES_OF_EACH_SKU, skus, vendors } from "./shop.ts";

export interface SeedOptions {
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly database: string;
  readonly partnersUrl: string;
  readonly secrets: Secrets;
}

/** Makes the database, its containers and the demonstration's documents. Running it again changes nothing. */
export async function seedStores({ cosmos, database: id, partnersUrl, secrets }: SeedOptions): Promise<void> {
  // The client writes into the object that it is given.
  const client = new CosmosClient({ ...cosmos });
  try {
    const { database } = await client.databases.createIfNotExists({ id });
    const made = await createContainers(database);
    await Promise.all([
      ...brands.map((brand) => put(made.brands, Brand.parse(brand))),
      ...vendors.map((vendor) => put(made.vendors, vendorDocument(vendor, partnersUrl, secrets))),
      ...keyDocuments(secrets).map((key) => put(made.keys, key)),
      ...skus.map((sku) => putOnce(made.stock, stockLevel(sku))),
    ]);
  } finally {
    client.dispose();
  }
}

const vendorDocument = (
  { id, name, toldBy }: (typeof vendors)[number],
  url: string,
  secrets: Secrets,
): Vendor =>
  Vendor.parse({
    id,
    name,
    contact: `team@${id}.example`,
    endpoint:
      toldBy === "webhook"
        ? { kind: "webhook", url: `${url}/webhooks/${id}`, secret: secrets.webhooks[id] }
        : { kind: "email", address: `orders@${id}.example`, locale: "en-AU" },
  });

const hashed = (scope: string, byOwner: Readonly<Record<string, string>>): ApiKey[] =>
  Object.entries(byOwner).map(([owner, key]) => ApiKey.parse({ id: hashOfKey(key), scope, owner }));

const keyDocuments = ({ keys }: Secrets): ApiKey[] => [
  ...hashed("storefront", keys.storefront),
  ...hashed("vendor", keys.vendor),
  ...hashed("ops", { ops: keys.ops }),
];

const stockLevel = (sku: string) => ({
  id: `level_${sku}`,
  sku,
  available: PIECES_OF_EACH_SKU,
  reserved: 0,
  sold: 0,
  stocked: PIECES_OF_EACH_SKU,
});

async function put(container: Container, document: object): Promise<void> {
  await container.items.upsert(document);
}

/** Stock moves; what is there already must not be set back. */
async function putOnce(container: Container, document: object): Promise<void> {
  try {
    await container.items.create(document);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === 409)) throw error;
  }
}
