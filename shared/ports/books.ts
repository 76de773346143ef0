import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import type { Entry, PaymentRecord, SkuRecord } from "#shared/domain/reconcile/records.ts";

/**
 * Whole stores, read record by record for the reconciler. What comes is no snapshot: records may change while they are
 * read, so whoever finds a contradiction looks again before believing it. All of them throw TransientFault.
 */
export interface OrderBook {
  /** Orders created at `from` (ISO 8601) or later, the oldest first. */
  since(from: string): AsyncIterable<Entry<Order>>;
  /** Of whatever brand. */
  named(orderId: string): Promise<Entry<Order> | undefined>;
}

export interface DeliveryBook {
  /** The names of deliveries created at `from` or later, the oldest first. */
  since(from: string): AsyncIterable<Pick<Delivery, "id" | "orderId" | "brandId">>;
  /** Those of one order, the damaged ones too. */
  ofOrder(orderId: string): Promise<Entry<Delivery>[]>;
}

export interface StockBook {
  skus(): AsyncIterable<string>;
  /** Undefined when the SKU changed so often that no look at it agreed with itself. */
  ofSku(sku: string): Promise<SkuRecord | undefined>;
}

export interface PaymentBook {
  /** Payments that the provider first heard of at `from` (ISO 8601) or later. */
  since(from: string): AsyncIterable<PaymentRecord>;
  /** Those of one order. */
  ofOrder(orderId: string): Promise<PaymentRecord[]>;
}
