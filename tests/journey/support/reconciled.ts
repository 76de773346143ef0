import { join } from "node:path";
import { expect } from "vitest";
import { createCosmosBooks } from "#shared/adapters/cosmos/cosmos-books.ts";
import { createHttpPaymentBook } from "#shared/adapters/payments/http-payment-book.ts";
import { reconcile } from "#shared/use-cases/reconcile/reconcile.ts";
import { secretsIn } from "../../../scripts/seed/secrets.ts";
import { createMemoryApp } from "../../fakes/memory-app.ts";
import type { Place } from "./place.ts";
import { DATABASE, inCosmos } from "./stores.ts";

/** When nothing that is under way can be an excuse any more. */
const LATER_MS = 2 * 60 * 60 * 1000;

/** Orders, goods, money and notices say the same of each other, as the reconciler will see them two hours from now. */
export async function expectNothingToReconcile(place: Place, home: string): Promise<void> {
  const { partners } = secretsIn(join(home, "secrets.json"));
  await inCosmos(place, async (client) => {
    const database = client.database(DATABASE);
    const app = createMemoryApp();
    const books = {
      ...createCosmosBooks({
        orders: database.container("orders"),
        deliveries: database.container("deliveries"),
        stock: database.container("stock"),
      }),
      payments: createHttpPaymentBook({ baseUrl: place.partners, apiKey: partners.payments }),
    };
    const system = { ...app.system, now: () => Date.now() + LATER_MS };
    const { orders } = await reconcile({ ...app, books, system }, new Date(0).toISOString());
    expect(await app.findings.open()).toEqual([]);
    expect(orders).toBeGreaterThan(0);
  });
}
