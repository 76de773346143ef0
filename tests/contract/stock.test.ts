import { createCommercePartner } from "#shared/adapters/commerce-partner/commerce-partner.ts";
import { createStockPartner } from "#shared/adapters/stock-partner/stock-partner.ts";
import type { Stock } from "#shared/ports/stock.ts";
import { KEYS, openPartners, type PartnersWorld } from "../emulator/partners/world.ts";
import { createMemoryStock } from "../fakes/memory-stock.ts";
import { type StockWorld, testStock } from "./stock.contract.ts";

testStock("in memory", () => {
  const stock = createMemoryStock();
  return Promise.resolve({
    stock,
    setAvailable: (sku, pieces) => Promise.resolve(stock.setAvailable(sku, pieces)),
    available: (sku) => Promise.resolve(stock.available(sku)),
    pieces: (sku) =>
      Promise.resolve({
        available: stock.available(sku),
        reserved: stock.reserved(sku),
        sold: stock.sold(sku),
      }),
    stop: () => Promise.resolve(),
  });
});

const partnerStock = async (create: (partners: PartnersWorld) => Stock): Promise<StockWorld> => {
  const partners = await openPartners();
  return {
    stock: create(partners),
    async setAvailable(sku, available) {
      await partners.json("PUT", `/stock/levels/${sku}`, { available });
    },
    async available(sku) {
      const { body } = await partners.json<{ available: number }>("GET", `/stock/levels/${sku}`);
      return body.available;
    },
    stop: () => partners.stop(),
  };
};

testStock("a partner over HTTP", () =>
  partnerStock(({ url }) => createStockPartner({ baseUrl: url, apiKey: KEYS.stock })),
);

testStock("the partner that takes the payments as well", () =>
  partnerStock(({ url }) => createCommercePartner({ baseUrl: url, apiKey: KEYS.stock }).stock),
);
