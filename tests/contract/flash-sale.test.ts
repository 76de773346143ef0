import { expect, onTestFinished, test } from "vitest";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { placeOrder } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { anOccasion, anOrderRequest, refOf } from "../builders/orders.ts";
import { createMemoryApp } from "../fakes/memory-app.ts";
import { openCosmos } from "./cosmos-world.ts";

const BUYERS = 500;
const PIECES = 137;
const SKU = "LAST-OF-ITS-KIND";

test("500 buyers at the same moment, 137 pieces: 137 orders are confirmed and charged, the others are asked, none is oversold", async () => {
  const cosmos = await openCosmos();
  onTestFinished(() => cosmos.stop());
  const containers = await cosmos.newContainers();
  await containers.stock.items.create({
    id: `level_${SKU}`,
    sku: SKU,
    available: PIECES,
    reserved: 0,
    sold: 0,
  });
  const app = createMemoryApp();
  const [orders, stock] = [createCosmosOrders(containers.orders), createCosmosStock(containers.stock)];
  const deps = { ...app, orders, stock, outbox: new OutboxPublisher({ orders, bus: app.bus, log: app.log }) };
  const [line] = anOrderRequest().lines;
  const request = anOrderRequest({ lines: [{ ...line!, sku: SKU, quantity: 1 }] });

  const buy = async (number: number): Promise<string> => {
    const order = placeOrder("pancake-palace", `flash-${number}`, request, anOccasion());
    await orders.create(order);
    // As the queue does it: again until it succeeds.
    for (let repeated = false; ; repeated = true) {
      try {
        await prepareOrder(deps, refOf(order), { occasion: anOccasion(), repeated });
        return (await orders.get(refOf(order)))?.status ?? "gone";
      } catch (error) {
        if (!(error instanceof TransientFault)) throw error;
      }
    }
  };
  const statuses = await Promise.all(Array.from({ length: BUYERS }, (_, number) => buy(number)));
  await deps.outbox.drain();

  const count = (status: string): number => statuses.filter((one) => one === status).length;
  expect([count("confirmed"), count("needs-attention")]).toEqual([PIECES, BUYERS - PIECES]);
  const { resource } = await containers.stock.item(`level_${SKU}`, SKU).read();
  expect(resource).toMatchObject({ available: 0, reserved: PIECES, sold: 0 });
  expect(app.payments.effects.filter(({ step }) => step === "capture")).toHaveLength(PIECES);
}, 60_000);
