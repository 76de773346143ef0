import type { Container } from "@azure/cosmos";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { openCosmos } from "./cosmos-world.ts";
import { type Pieces, testStock } from "./stock.contract.ts";

const setAvailable = async (container: Container, sku: string, available: number): Promise<void> => {
  await container.items.upsert({ id: `level_${sku}`, sku, available, reserved: 0, sold: 0 });
};

const piecesOf = async (container: Container, sku: string): Promise<Pieces> => {
  const { resource } = await container.item(`level_${sku}`, sku).read<Pieces>();
  const { available = 0, reserved = 0, sold = 0 } = resource ?? {};
  return { available, reserved, sold };
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
    pieces: (sku) => piecesOf(stock, sku),
    stop: () => cosmos.stop(),
  };
});
