import type { Delivery } from "#shared/contracts/delivery.ts";
import type { DeliveryChanges, DeliveryLedger } from "#shared/ports/delivery-ledger.ts";

/** The delivery ledger in memory. Each call takes effect at once, and nothing handed in or out is shared. */
export interface MemoryDeliveries extends DeliveryLedger {
  readonly all: readonly Delivery[];
}

const nameOf = (orderId: string, deliveryId: string): string => `${orderId}\n${deliveryId}`;

export function createMemoryDeliveries(): MemoryDeliveries {
  const stored = new Map<string, Delivery>();
  return {
    get all() {
      return structuredClone([...stored.values()]);
    },

    createIfAbsent(delivery) {
      const name = nameOf(delivery.orderId, delivery.id);
      const there = stored.get(name);
      if (there === undefined) stored.set(name, structuredClone(delivery));
      return Promise.resolve({
        created: there === undefined,
        delivery: structuredClone(there ?? delivery),
      });
    },

    get: (orderId, deliveryId) => Promise.resolve(structuredClone(stored.get(nameOf(orderId, deliveryId)))),

    ofOrder: (orderId) =>
      Promise.resolve(structuredClone([...stored.values()].filter((one) => one.orderId === orderId))),

    held(circuit, { dueBefore, limit }) {
      const found = [...stored.values()].filter(
        ({ heldBy, nextAttemptAt = "" }) => heldBy === circuit && nextAttemptAt < dueBefore,
      );
      const oldestFirst = found.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      return Promise.resolve(structuredClone(oldestFirst.slice(0, limit)));
    },

    countHeld: (circuit) =>
      Promise.resolve([...stored.values()].filter(({ heldBy }) => heldBy === circuit).length),

    change({ id, orderId }, changes, { state, maybeDelivered, hop }) {
      const now = stored.get(nameOf(orderId, id));
      const allowed =
        now !== undefined &&
        state.includes(now.state) &&
        (maybeDelivered === undefined || maybeDelivered === now.maybeDelivered) &&
        (hop === undefined || hop === now.hop);
      if (!allowed) return Promise.resolve(undefined);
      const changed = changedBy(now, changes);
      stored.set(nameOf(orderId, id), changed);
      return Promise.resolve(structuredClone(changed));
    },
  };
}

/** `undefined` removes a field. */
function changedBy(delivery: Delivery, changes: DeliveryChanges & { readonly updatedAt: string }): Delivery {
  const members = Object.entries({ ...delivery, ...changes }).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only optional members may be undefined, and those are left out
  return Object.fromEntries(members) as Delivery;
}
