import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";

/** One record of a store as it is found there, or the name of one that cannot be read any more. */
export type Entry<T> = { readonly record: T } | { readonly damaged: string };

/** Goods of one SKU that are held for one order. */
export interface Hold {
  readonly reservationId: string;
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** Where the pieces of a SKU are. */
export interface Level {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  /** All pieces that ever came in, where the shop keeps count of them. */
  readonly stocked?: number | undefined;
}

/** What the stock knows of one SKU at one moment. */
export interface SkuRecord {
  readonly sku: string;
  readonly level: Entry<Level> | undefined;
  /** Goods held now. */
  readonly holds: readonly Entry<Hold>[];
}

/** What the payment provider knows of one payment. */
export interface PaymentRecord {
  readonly key: string;
  readonly orderId: string;
  readonly state: "authorised" | "captured" | "declined" | "voided" | "refunded";
  readonly amountMinor: number;
  readonly currency: string;
}

/** Everything that the stores say of one order. What a partner keeps to itself is undefined and not judged. */
export interface OrderRecords {
  readonly order: Order;
  readonly deliveries: readonly Entry<Delivery>[];
  readonly holds: readonly Hold[] | undefined;
  readonly payments: readonly PaymentRecord[] | undefined;
}
