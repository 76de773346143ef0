import type { Container } from "@azure/cosmos";
import { expect, test } from "vitest";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { answerQuestion, askCustomer } from "#shared/domain/question.ts";
import type { Reservation } from "#shared/ports/stock.ts";
import { anOccasion, anOrder, moved } from "../../builders/orders.ts";

const FAILED_DEPENDENCY = 424;
const BUSY = [408, 410, 429, 449, 500, 503];

/** A container whose transactions end as scripted: one status for each, and the other operations depend on the first. */
function transactionsOf(codes: readonly number[]): Container {
  const left = [...codes];
  const batch = (operations: readonly unknown[]) => {
    const code = left.shift() ?? 200;
    const result = operations.map((_, position) => ({
      statusCode: code < 300 || position === 0 ? code : FAILED_DEPENDENCY,
      eTag: "etag",
    }));
    return Promise.resolve({ code: code < 300 ? 200 : 207, result });
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapters call nothing else here
  return { items: { batch } } as unknown as Container;
}

test.each(BUSY)(
  "an order whose transaction the service answers with %i moves later: no bug of ours",
  async (code) => {
    const asked = moved(askCustomer(anOrder(), { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
    // So much changes that one patch does not take it.
    const answered = moved(answerQuestion(asked, 1, { choice: "partial" }, anOccasion()));
    const orders = createCosmosOrders(transactionsOf([code]));
    await expect(orders.transition(asked, answered)).rejects.toMatchObject({ name: "TransientFault" });
  },
);

const reservation: Reservation = {
  id: "rsv_1",
  orderId: "ord_1",
  demand: new Map([
    ["BUTTER", 1],
    ["MILK", 1],
  ]),
};
const [HELD, SHORT] = [200, 412];

test.each(BUSY)(
  "goods whose putting back the service answers with %i are not said to be back",
  async (code) => {
    const stock = createCosmosStock(transactionsOf([HELD, SHORT, code]));
    await expect(stock.reserve(reservation)).rejects.toMatchObject({ name: "TransientFault" });
  },
);
