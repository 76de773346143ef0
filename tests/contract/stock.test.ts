import { createStockPartner } from "#shared/adapters/stock-partner/stock-partner.ts";
import { KEYS, openPartners } from "../emulator/partners/world.ts";
import { createMemoryStock } from "../fakes/memory-stock.ts";
import { testStock } from "./stock.contract.ts";

testStock("in memory", () => {
  const stock = createMemoryStock();
  return Promise.resolve({
    stock,
    setAvailable: (sku, pieces) => Promise.resolve(stock.setAvailable(sku, pieces)),
    available: (sku) => Promise.resolve(stock.available(sku)),
    stop: () => Promise.resolve(),
  });
});

testStock("a partner over HTTP", async () => {
  const partners = await openPartners();
  return {
    stock: createStockPartner({ baseUrl: partners.url, apiKey: KEYS.stock }),
    async setAvailable(sku, available) {
      await partners.json("PUT", `/stock/levels/${sku}`, { available });
    },
    async available(sku) {
      const { body } = await partners.json<{ available: number }>("GET", `/stock/levels/${sku}`);
      return body.available;
    },
    stop: () => partners.stop(),
  };
});
