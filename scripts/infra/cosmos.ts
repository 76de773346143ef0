import type { ContainerSpec } from "#shared/contracts/containers.ts";

/** What Azure Resource Manager is sent as `resource` of a container of Cosmos DB. */
export function cosmosContainers(specs: readonly ContainerSpec[]): readonly unknown[] {
  return specs.map(({ id, partitionKey, indexed, composite = [], expires }) => ({
    id,
    partitionKey: {
      paths: partitionKey,
      kind: partitionKey.length > 1 ? "MultiHash" : "Hash",
      version: 2,
    },
    indexingPolicy: {
      indexingMode: "consistent",
      automatic: true,
      includedPaths: indexed.map((path) => ({ path: `${path}/?` })),
      excludedPaths: [{ path: "/*" }],
      ...(composite.length > 0 && { compositeIndexes: composite }),
    },
    // -1: documents with a ttl of their own expire, the others stay.
    ...(expires && { defaultTtl: -1 }),
  }));
}
