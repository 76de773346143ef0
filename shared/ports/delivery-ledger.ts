import type { Delivery } from "#shared/contracts/delivery.ts";

/** Changes of one delivery; `undefined` removes a field. */
export type DeliveryChanges = Partial<
  Omit<Delivery, "id" | "orderId" | "brandId" | "event" | "recipient" | "createdAt" | "updatedAt">
>;

/** When a delivery may be changed; every field given must match the stored one. */
export type DeliveryCondition = {
  readonly state: readonly Delivery["state"][];
  readonly maybeDelivered?: boolean;
  readonly hop?: number;
};

export interface HeldQuery {
  /** Left out are those for which a message is on its way, to be there at this time (ISO 8601) or later. */
  readonly dueBefore: string;
  readonly limit: number;
}

/**
 * The ledger of who was told what. Every write is one document, atomic and durable when it resolves. Throws
 * TransientFault; repeating a call is safe.
 */
export interface DeliveryLedger {
  /** Answers the delivery as stored: the new one, or the one that was there before. */
  createIfAbsent(delivery: Delivery): Promise<{ readonly created: boolean; readonly delivery: Delivery }>;
  get(orderId: string, deliveryId: string): Promise<Delivery | undefined>;
  /** Those that cannot be read any more are left out. */
  ofOrder(orderId: string): Promise<Delivery[]>;
  /** Held by this circuit, the oldest first; those that cannot be read any more are left out. */
  held(circuit: string, query: HeldQuery): Promise<Delivery[]>;
  countHeld(circuit: string): Promise<number>;
  /** Undefined when the delivery does not exist or the condition does not hold; then nothing was changed. */
  change(
    delivery: Pick<Delivery, "id" | "orderId">,
    changes: DeliveryChanges & { readonly updatedAt: string },
    condition: DeliveryCondition,
  ): Promise<Delivery | undefined>;
}
