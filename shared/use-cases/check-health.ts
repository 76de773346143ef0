import type { Health } from "#shared/contracts/resources.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";

/** Asks the order store for an order that cannot exist: the one thing that taking orders depends on. */
export async function checkHealth({ orders }: { readonly orders: OrderReader }): Promise<Health> {
  try {
    await orders.get({ brandId: "health", orderId: "ord_health" });
    return { status: "ok", checks: { orderStore: "ok" } };
  } catch {
    return { status: "unavailable", checks: { orderStore: "unavailable" } };
  }
}
