import { describe, expect, test } from "vitest";
import { createCommercePartner } from "#shared/adapters/commerce-partner/commerce-partner.ts";
import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import { createStockPartner } from "#shared/adapters/stock-partner/stock-partner.ts";
import { useHttpServer } from "./use-http-server.ts";

/** Whatever stands at the partner's address and knows nothing of it answers everything with 404 and this body. */
async function useStranger(body: unknown): Promise<{ readonly baseUrl: string; readonly apiKey: string }> {
  const baseUrl = await useHttpServer((_request, response) => {
    response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  return { baseUrl, apiKey: "a-key" };
}

const reservation = { id: "rsv_1", orderId: "ord_1", demand: new Map([["BUTTER", 1]]) };

describe.each([
  ["a gateway's", { message: "no Route matched" }],
  ["a code of its own", { error: { code: "NotFound", message: "There is nothing here." } }],
])("a 404 that says nothing of the thing asked for (%s)", (_what, body) => {
  test("is not taken for a payment that was never made: money would be kept that is to go back", async () => {
    const at = await useStranger(body);
    for (const payments of [createHttpPayments(at), createCommercePartner(at).payments]) {
      await expect(payments.find("pay_1")).rejects.toMatchObject({
        name: "TransientFault",
        kind: "dependency-down",
      });
    }
  });

  test("is not taken for goods that nobody holds", async () => {
    const stock = createStockPartner(await useStranger(body));
    await expect(stock.sell(reservation)).rejects.toMatchObject({
      name: "TransientFault",
      kind: "dependency-down",
    });
  });
});

test("a partner that says in its own words that it knows no such payment is believed", async () => {
  const at = await useStranger({ error: { code: "UnknownPayment", message: "No payment has this key." } });
  for (const payments of [createHttpPayments(at), createCommercePartner(at).payments])
    expect(await payments.find("pay_1")).toBeUndefined();
});
