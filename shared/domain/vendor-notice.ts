import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import type { OrderLine } from "#shared/contracts/order-request.ts";

/** What a vendor is told: its own lines and where they go; nothing of other vendors, no customer mail address. */
export interface VendorNotice {
  readonly type: Delivery["event"];
  readonly timestamp: string;
  readonly data: {
    readonly orderId: string;
    readonly brandId: string;
    readonly vendorId: string;
    readonly reference?: string;
    readonly currency: string;
    readonly lines: readonly Pick<OrderLine, "sku" | "quantity" | "unitPrice">[];
    readonly shipTo?: Order["shippingAddress"] & { readonly name: string };
  };
}

export function vendorNotice(
  order: Order,
  vendorId: string,
  type: Delivery["event"],
  timestamp: string,
): VendorNotice {
  return {
    type,
    timestamp,
    data: {
      orderId: order.id,
      brandId: order.brandId,
      vendorId,
      ...(order.reference === undefined ? {} : { reference: order.reference }),
      currency: order.currency,
      lines: order.lines
        .filter((line) => line.vendorId === vendorId)
        .map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice })),
      ...(type === "order.cancelled.v1"
        ? {}
        : { shipTo: { name: order.customer.name, ...order.shippingAddress } }),
    },
  };
}
