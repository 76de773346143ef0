import type { Entry } from "#shared/domain/reconcile/records.ts";
import type { Books } from "#shared/use-cases/reconcile/gather.ts";
import type { MemoryDeliveries } from "./memory-deliveries.ts";
import type { MemoryOrders } from "./memory-orders.ts";

const entryOf = <T>(record: T): Entry<T> => ({ record });

/** The books of orders and deliveries in memory; partners show none. */
export const createMemoryBooks = (orders: MemoryOrders, ledger: MemoryDeliveries): Books => ({
  orders: {
    async *since(from) {
      yield* orders.all.filter(({ createdAt }) => createdAt >= from).map(entryOf);
    },
    named: (orderId) => Promise.resolve(orders.all.filter(({ id }) => id === orderId).map(entryOf)[0]),
  },
  deliveries: {
    async *since(from) {
      yield* ledger.all.filter(({ createdAt }) => createdAt >= from);
    },
    ofOrder: async (orderId) => (await ledger.ofOrder(orderId)).map(entryOf),
  },
  stock: undefined,
  payments: undefined,
});
