import {
  type Container,
  type Database,
  PartitionKeyDefinitionVersion,
  PartitionKeyKind,
} from "@azure/cosmos";
import { type ContainerName, type ContainerSpec, containers } from "#shared/contracts/containers.ts";

export type Containers = Readonly<Record<ContainerName, Container>>;

/** Makes every container of the contract that is not there yet. */
export async function createContainers(database: Database): Promise<Containers> {
  const make = async (spec: ContainerSpec): Promise<Container> => {
    const { container } = await database.containers.createIfNotExists({
      id: spec.id,
      partitionKey: {
        paths: [...spec.partitionKey],
        version: PartitionKeyDefinitionVersion.V2,
        kind: spec.partitionKey.length > 1 ? PartitionKeyKind.MultiHash : PartitionKeyKind.Hash,
      },
      indexingPolicy: {
        indexingMode: "consistent",
        automatic: true,
        includedPaths: spec.indexed.map((path) => ({ path: `${path}/?` })),
        excludedPaths: [{ path: "/*" }],
        compositeIndexes: (spec.composite ?? []).map((paths) => paths.map((path) => ({ ...path }))),
      },
      ...(spec.expires ? { defaultTtl: -1 } : {}),
    });
    return container;
  };
  const made = await Promise.all(
    Object.values(containers).map(async (spec) => [spec.id, await make(spec)] as const),
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made from the very list that the type is made from
  return Object.fromEntries(made) as Containers;
}
