import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createCosmosBudgets } from "#shared/adapters/cosmos/cosmos-budgets.ts";
import { createCosmosCircuits } from "#shared/adapters/cosmos/cosmos-circuits.ts";
import { createCosmosDeliveries } from "#shared/adapters/cosmos/cosmos-deliveries.ts";
import { createCosmosDirectory } from "#shared/adapters/cosmos/cosmos-directory.ts";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { confirmOrder, demandOf } from "#shared/domain/order.ts";
import { checkHealth } from "#shared/use-cases/check-health.ts";
import type { Containers } from "../../scripts/seed/create-containers.ts";
import { aDelivery } from "../builders/deliveries.ts";
import { anOccasion, anOrder, moved, NOON, refOf } from "../builders/orders.ts";
import { openCosmos } from "./cosmos-world.ts";

/** Every call of every adapter, on containers that are out of reach. */
const calls: readonly [what: string, call: (containers: Containers) => Promise<unknown>][] = [
  ["an order that is placed", ({ orders }) => createCosmosOrders(orders).create(anOrder())],
  ["an order that is read", ({ orders }) => createCosmosOrders(orders).get(refOf(anOrder()))],
  ["a list of orders", ({ orders }) => createCosmosOrders(orders).list({ brandId: "b", limit: 1 })],
  ["the sweep", ({ orders }) => createCosmosOrders(orders).pending({ before: NOON }, 1)],
  ["an outbox that is cleared", ({ orders }) => createCosmosOrders(orders).clearOutbox(anOrder())],
  [
    "an order that moves on",
    ({ orders }) => {
      const order = anOrder();
      return createCosmosOrders(orders).transition(order, moved(confirmOrder(order, anOccasion())));
    },
  ],
  [
    "a delivery that is noted",
    ({ deliveries }) => createCosmosDeliveries(deliveries).createIfAbsent(aDelivery()),
  ],
  ["a delivery that is read", ({ deliveries }) => createCosmosDeliveries(deliveries).get("ord_1", "dlv_1")],
  ["the deliveries of an order", ({ deliveries }) => createCosmosDeliveries(deliveries).ofOrder("ord_1")],
  [
    "a delivery that changes",
    ({ deliveries }) =>
      createCosmosDeliveries(deliveries).change(
        aDelivery(),
        { state: "sending", updatedAt: NOON },
        { state: ["pending"] },
      ),
  ],
  [
    "the deliveries that are held",
    ({ deliveries }) => createCosmosDeliveries(deliveries).held("mail:acs", { dueBefore: NOON, limit: 1 }),
  ],
  ["a circuit that is read", ({ circuits }) => createCosmosCircuits(circuits).read("mail:acs")],
  [
    "a circuit that changes",
    ({ circuits }) => createCosmosCircuits(circuits).change("mail:acs", (circuit) => circuit),
  ],
  ["all circuits", ({ circuits }) => createCosmosCircuits(circuits).all()],
  [
    "a call that is taken from the budget",
    ({ budgets }) =>
      createCosmosBudgets(budgets, { now: () => 0, pause: () => Promise.resolve() }).take("m", 1),
  ],
  ["goods that are held", ({ stock }) => createCosmosStock(stock).reserve(aReservation())],
  ["goods that are given back", ({ stock }) => createCosmosStock(stock).release(aReservation())],
];

const aReservation = () => ({ id: "rsv_1", orderId: "ord_1", demand: demandOf(anOrder()) });

describe("while Cosmos DB cannot be reached", () => {
  let unreachable: Containers;
  beforeEach(async () => {
    const cosmos = await openCosmos();
    unreachable = await cosmos.newContainers();
    await cosmos.stop();
  });

  test.each(calls)("%s is a transient fault whose outcome is not known", async (_what, call) => {
    await expect(call(unreachable)).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: true });
  });
});

test("a container that is not there is an outage: no order is unknown and no key wrong for it, and the app is not ready", async () => {
  const cosmos = await openCosmos();
  onTestFinished(() => cosmos.stop());
  const { orders, brands, vendors } = await cosmos.newContainers();
  const nowhere = orders.database.container("no-such-container");
  const reads = [
    createCosmosOrders(nowhere).get(refOf(anOrder())),
    createCosmosDirectory({ brands, vendors, keys: nowhere }, { now: () => 0, random: () => 0 }).key(
      "0".repeat(64),
    ),
    createCosmosDeliveries(nowhere).get("ord_1", "dlv_1"),
  ];
  for (const read of reads) await expect(read).rejects.toMatchObject({ name: "TransientFault" });
  expect(await checkHealth({ orders: createCosmosOrders(nowhere) })).toMatchObject({ status: "unavailable" });
  expect(await checkHealth({ orders: createCosmosOrders(orders) })).toMatchObject({ status: "ok" });
});
