import type { Order, OrderRef, OrderStatus } from "#shared/contracts/order.ts";

export interface OrderListQuery {
  readonly brandId: string;
  readonly status?: OrderStatus | undefined;
  /** Only orders whose `sort` is smaller: the newest come first. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Reads orders. Throws TransientFault when the store cannot answer. */
export interface OrderReader {
  get(ref: OrderRef): Promise<Order | undefined>;
  list(query: OrderListQuery): Promise<Order[]>;
  /**
   * The first order of the same brand and basket that was placed before this one, but not before `since` (ISO 8601), and
   * was not cancelled.
   */
  earlierLike(order: Order, since: string): Promise<string | undefined>;
}
