import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import { deliveryDue } from "#shared/contracts/messages.ts";
import type { EventType, Order, OrderRef } from "#shared/contracts/order.ts";
import type { Occasion } from "#shared/domain/order.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { newDelivery } from "./new-delivery.ts";
import { supersede } from "./supersede.ts";

export interface PlanVendorNoticesDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly ledger: DeliveryLedger;
  readonly bus: Bus;
}

/**
 * Turns one event of an order into one delivery per vendor, each of its own on the queue of the vendor's channel, so
 * that no vendor waits for another. A cancellation reaches exactly the vendors who were told of the order, or may
 * have been; the notices of the others are taken back. May run twice and in any order.
 */
export async function planVendorNotices(
  deps: PlanVendorNoticesDeps,
  ref: OrderRef,
  event: EventType,
  occasion: Occasion,
): Promise<Outcome> {
  const order = await deps.orders.get(ref);
  if (order === undefined) throw new TransientFault(`Order ${ref.orderId} is not visible yet`);
  const vendors = await vendorsOf(deps.directory, order);
  const plan = event === "order.cancelled.v1" ? planCancellation : planNewOrder;
  const due = await Promise.all(vendors.map((vendor) => plan(deps, order, vendor, occasion)));
  await enqueue(deps.bus, ref, due, occasion);
  return DONE;
}

async function vendorsOf(directory: Directory, order: Order): Promise<Vendor[]> {
  const ids = [...new Set(order.lines.map((line) => line.vendorId))];
  return await Promise.all(
    ids.map(async (id) => {
      const vendor = await directory.vendor(id);
      if (vendor === undefined) throw new PermanentFault("UnknownVendor", `Vendor ${id} does not exist`);
      return vendor;
    }),
  );
}

const channelOf = (vendor: Vendor) =>
  vendor.endpoint.kind === "webhook" ? "vendor-webhook" : "vendor-email";

const noticeFor = (order: Order, vendor: Vendor, event: EventType, at: string): Delivery =>
  newDelivery(
    { brandId: order.brandId, orderId: order.id },
    { event, channel: channelOf(vendor), recipient: vendor.id },
    at,
  );

type Plan = (
  deps: PlanVendorNoticesDeps,
  order: Order,
  vendor: Vendor,
  occasion: Occasion,
) => Promise<Delivery | undefined>;

const planNewOrder: Plan = async ({ ledger }, order, vendor, { at }) => {
  const notice = noticeFor(order, vendor, "order.confirmed.v1", at);
  const gone = order.status === "cancelled" || order.status === "refunded";
  const { delivery } = await ledger.createIfAbsent(gone ? { ...notice, state: "superseded" } : notice);
  return delivery.state === "superseded" || delivery.state === "delivered" ? undefined : delivery;
};

const planCancellation: Plan = async ({ ledger }, order, vendor, { at }) => {
  const told = noticeFor(order, vendor, "order.confirmed.v1", at);
  // Where the notice of the order has not been planned yet, this keeps it from ever going out.
  const { created } = await ledger.createIfAbsent({ ...told, state: "superseded" });
  if (created || (await supersede(ledger, told, at))) return undefined;
  const cancellation = { ...noticeFor(order, vendor, "order.cancelled.v1", at), after: told.id };
  const { delivery } = await ledger.createIfAbsent(cancellation);
  return delivery.state === "superseded" || delivery.state === "delivered" ? undefined : delivery;
};

async function enqueue(
  bus: Bus,
  ref: OrderRef,
  due: readonly (Delivery | undefined)[],
  { at, traceparent }: Occasion,
): Promise<void> {
  await Promise.all(
    due.map(async (delivery) => {
      if (delivery === undefined || delivery.channel === "customer-email") return;
      await bus.send(delivery.channel, [
        {
          messageId: delivery.id,
          subject: "delivery.due.v1",
          correlationId: ref.orderId,
          body: deliveryDue(ref, delivery.id, at, traceparent),
          ...(traceparent === undefined ? {} : { properties: { traceparent } }),
        },
      ]);
    }),
  );
}
