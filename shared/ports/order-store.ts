import type { Order } from "#shared/contracts/order.ts";
import type { OrderReader } from "./order-reader.ts";

export interface PendingOrders {
  readonly orders: readonly Order[];
  readonly unreadable: readonly string[];
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
  /**
   * Orders whose outbox has been waiting since before `before` (ISO 8601), the oldest first; and the ids of documents
   * among them that are not orders any more, so that one damaged document does not hold up its neighbours.
   */
  pending(before: string, limit: number): Promise<PendingOrders>;
}
