import type { Order, OrderRef } from "#shared/contracts/order.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";

/** Orders in memory. Each call takes effect at once, and nothing handed in or out is shared with a caller. */
export interface MemoryOrders extends OrderStore {
  readonly all: readonly Order[];
  /** Puts an order there as it is, whatever was there before. */
  put(order: Order): void;
}

const nameOf = ({ brandId, orderId }: OrderRef): string => `${brandId}\n${orderId}`;
const dueOf = ({ dueAt }: Order): string => dueAt ?? "9";
const since = ({ pendingSince }: Order): string => pendingSince ?? "9";
const copiesOf = (orders: readonly Order[]): Promise<Order[]> =>
  Promise.resolve(structuredClone([...orders]));

export function createMemoryOrders(): MemoryOrders {
  const stored = new Map<string, Order>();
  const find = ({ brandId, id }: Order): Order | undefined => stored.get(nameOf({ brandId, orderId: id }));
  const put = (order: Order): void =>
    void stored.set(nameOf({ brandId: order.brandId, orderId: order.id }), structuredClone(order));

  return {
    get all() {
      return structuredClone([...stored.values()]);
    },
    put,
    get: (ref) => Promise.resolve(structuredClone(stored.get(nameOf(ref)))),

    list({ brandId, status, before, limit }) {
      const found = [...stored.values()].filter(
        (order) =>
          order.brandId === brandId &&
          (status === undefined || order.status === status) &&
          (before === undefined || order.sort < before),
      );
      return copiesOf(found.toSorted((a, b) => (a.sort < b.sort ? 1 : -1)).slice(0, limit));
    },

    pending({ from = "", before }, limit) {
      const found = [...stored.values()].filter((order) => since(order) >= from && since(order) < before);
      const orders = found.toSorted((a, b) => (since(a) < since(b) ? -1 : 1)).slice(0, limit);
      const last = orders.length < limit ? undefined : orders.at(-1);
      const next = last === undefined ? {} : { next: since(last) };
      return Promise.resolve({ orders: structuredClone(orders), unreadable: [], ...next });
    },

    due({ from = "", until }, limit) {
      const found = [...stored.values()].filter(
        ({ dueAt }) => dueAt !== undefined && dueAt >= from && dueAt <= until,
      );
      const orders = found.toSorted((a, b) => (dueOf(a) < dueOf(b) ? -1 : 1)).slice(0, limit);
      const last = orders.length < limit ? undefined : orders.at(-1);
      const next = last === undefined ? {} : { next: dueOf(last) };
      return Promise.resolve({ orders: structuredClone(orders), unreadable: [], ...next });
    },

    earlierLike({ brandId, basket, sort }, from) {
      const found = [...stored.values()].filter(
        (order) =>
          order.brandId === brandId &&
          order.basket === basket &&
          order.sort >= from &&
          order.sort < sort &&
          order.status !== "cancelled" &&
          order.status !== "refunded",
      );
      return Promise.resolve(found.toSorted((a, b) => (a.sort < b.sort ? -1 : 1))[0]?.id);
    },

    create(order) {
      if (find(order) !== undefined) return Promise.resolve({ ok: false, reason: "exists" });
      put(order);
      return Promise.resolve({ ok: true });
    },

    transition(previous, next) {
      const now = find(previous);
      if (now?.version !== previous.version) return Promise.resolve({ ok: false, reason: "changed" });
      const owed = Object.entries(next.outbox).filter(([entryId]) => !(entryId in previous.outbox));
      const { pendingSince, outbox: _, ...order } = next;
      const owedSince = owed.length > 0 ? pendingSince : now.pendingSince;
      put({
        ...order,
        outbox: { ...now.outbox, ...Object.fromEntries(owed) },
        ...(owedSince === undefined ? {} : { pendingSince: owedSince }),
      });
      return Promise.resolve({ ok: true, order: structuredClone(find(next) ?? next) });
    },

    clearOutbox(order) {
      const now = find(order);
      if (now?.version === order.version) {
        const { pendingSince: _, ...rest } = now;
        put({ ...rest, outbox: {} });
      }
      return Promise.resolve();
    },
  };
}
