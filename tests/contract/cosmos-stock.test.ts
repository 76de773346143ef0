import type { Container } from "@azure/cosmos";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { openCosmos } from "./cosmos-world.ts";
import { testStock } from "./stock.contract.ts";

const setAvailable = async (container: Container, sku: string, available: number): Promise<void> => {
  await container.items.upsert({ id: `level_${sku}`, sku, available, reserved: 0 });
};

const available = async (container: Container, sku: string): Promise<number> => {
  const { resource } = await container.item(`level_${sku}`, sku).read<{ available: number }>();
  return resource?.available ?? 0;
};

testStock("Cosmos DB", async () => {
  const cosmos = await openCosmos();
  const { stock } = await cosmos.newContainers();
  return {
    stock: createCosmosStock(stock),
    setAvailable: (sku, pieces) => setAvailable(stock, sku, pieces),
    available: (sku) => available(stock, sku),
    stop: () => cosmos.stop(),
  };
});
