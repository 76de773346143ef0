import { createCosmosDirectory } from "#shared/adapters/cosmos/cosmos-directory.ts";
import { createCosmosVendorEndpoints } from "#shared/adapters/cosmos/cosmos-vendor-endpoints.ts";
import { createHandSystem } from "../fakes/hand-system.ts";
import { createMemoryDirectory } from "../fakes/memory-directory.ts";
import { openCosmos } from "./cosmos-world.ts";
import { testVendorEndpoints } from "./vendor-endpoints.contract.ts";

testVendorEndpoints("in memory", () => {
  const directory = createMemoryDirectory();
  return Promise.resolve({
    endpoints: directory,
    add: (vendor) => Promise.resolve(directory.add({ vendors: [vendor] })),
    vendor: (id) => directory.vendor(id),
    stop: () => Promise.resolve(),
  });
});

testVendorEndpoints("Cosmos DB", async () => {
  const cosmos = await openCosmos();
  const containers = await cosmos.newContainers();
  return {
    endpoints: createCosmosVendorEndpoints(containers.vendors),
    async add(vendor) {
      await containers.vendors.items.create(vendor);
    },
    // A new one each time: a directory remembers for a while.
    vendor: (id) => createCosmosDirectory(containers, createHandSystem()).vendor(id),
    stop: () => cosmos.stop(),
  };
});
