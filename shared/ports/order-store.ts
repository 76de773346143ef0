import type { Order } from "#shared/contracts/order.ts";
import type { OrderReader } from "./order-reader.ts";

export interface WaitingOrders {
  readonly orders: readonly Order[];
  /** Ids of documents among them that are not orders any more: one damaged document must not hold up its neighbours. */
  readonly unreadable: readonly string[];
  /** Present when there may be more: those have been waiting since this time or later. */
  readonly next?: string;
}

/**
 * Where orders live. Every write is one document, atomic and durable when it resolves. Throws TransientFault, with
 * `unknownOutcome` when the write may have happened; repeating it is always safe.
 */
export interface OrderStore extends OrderReader {
  /** Once per id; the second one is told that the order exists, and changes nothing. */
  create(order: Order): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: "exists" }>;
  /**
   * Writes the transition from `previous` to `next`, if the stored version is still that of `previous`. Answers the
   * document as stored: its outbox holds what this and earlier versions have not published yet.
   */
  transition(
    previous: Order,
    next: Order,
  ): Promise<
    { readonly ok: true; readonly order: Order } | { readonly ok: false; readonly reason: "changed" }
  >;
  /**
   * Empties the outbox after everything in it was published, if the version is still that of `order`. A newer
   * version is left alone: its writer publishes what it found, and clears.
   */
  clearOutbox(order: Order): Promise<void>;
  /** Orders whose outbox has been waiting since `from` or later, but before `before` (ISO 8601), the oldest first. */
  pending(
    waiting: { readonly from?: string | undefined; readonly before: string },
    limit: number,
  ): Promise<WaitingOrders>;
  /** Orders whose question is due at `until` or earlier, but since `from` or later (ISO 8601), the longest due first. */
  due(
    waiting: { readonly from?: string | undefined; readonly until: string },
    limit: number,
  ): Promise<WaitingOrders>;
}
