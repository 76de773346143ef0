import type { Delivery } from "#shared/contracts/delivery.ts";

/** Changes of one delivery; `undefined` removes a field. */
export type DeliveryChanges = Partial<
  Pick<Delivery, "state" | "attempts" | "hop" | "maybeDelivered" | "nextAttemptAt" | "lastFailure">
>;

/** When a delivery may be changed; every field given must match the stored one. */
export type DeliveryCondition = {
  readonly state: readonly Delivery["state"][];
  readonly maybeDelivered?: boolean;
};

/**
 * The ledger of who was told what. Every write is one document, atomic and durable when it resolves. Throws
 * TransientFault; repeating a call is safe.
 */
export interface DeliveryLedger {
  /** Answers the delivery as stored: the new one, or the one that was there before. */
  createIfAbsent(delivery: Delivery): Promise<{ readonly created: boolean; readonly delivery: Delivery }>;
  get(orderId: string, deliveryId: string): Promise<Delivery | undefined>;
  ofOrder(orderId: string): Promise<Delivery[]>;
  /** Undefined when the delivery does not exist or the condition does not hold; then nothing was changed. */
  change(
    delivery: Pick<Delivery, "id" | "orderId">,
    changes: DeliveryChanges & { readonly updatedAt: string },
    condition: DeliveryCondition,
  ): Promise<Delivery | undefined>;
}
