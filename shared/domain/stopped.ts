import type { Order } from "#shared/contracts/order.ts";

/** The order with the mark that its own work was parked: shown as attention until it moves on. */
export function markStopped(order: Order, reason: string, at: string): Order {
  const version = order.version + 1;
  return { ...order, version, updatedAt: at, stopped: { reason, since: at, version } };
}

/** Since when and why the work on this order has stopped; whoever moved the order on since has taken the mark away. */
export const stoppedOf = ({ stopped, version }: Order): Order["stopped"] =>
  stopped?.version === version ? stopped : undefined;
