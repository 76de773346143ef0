import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { EventType, Order, OrderRef } from "#shared/contracts/order.ts";
import { vendorsOf } from "#shared/domain/hand-over.ts";
import type { Occasion } from "#shared/domain/order.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { dueMessage } from "./due-message.ts";
import { newDelivery } from "./new-delivery.ts";
import { supersede } from "./supersede.ts";
import { channelOf } from "./vendor-channel.ts";

export interface PlanVendorNoticesDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly ledger: DeliveryLedger;
  readonly bus: Bus;
}

/**
 * Turns one event of an order into one delivery per vendor, each of its own on the queue of the vendor's channel, so
 * that no vendor waits for another. A cancellation reaches exactly the vendors who were told of the order, or may
 * have been; the notices of the others are taken back. May run twice and in any order. A vendor who does not exist any
 * more, or cannot be read, keeps nobody else from being told: only then the event fails (PermanentFault `UnknownVendor`).
 */
export async function planVendorNotices(
  deps: PlanVendorNoticesDeps,
  ref: OrderRef,
  event: EventType,
  occasion: Occasion,
): Promise<Outcome> {
  const order = await deps.orders.get(ref);
  if (order === undefined) throw new TransientFault(`Order ${ref.orderId} is not visible yet`);
  const { vendors, unknown, failures } = await lookUpVendors(deps.directory, order);
  const plan = event === "order.cancelled.v1" ? planCancellation : planNewOrder;
  const due = await Promise.all(vendors.map((vendor) => plan(deps, order, vendor, occasion)));
  await enqueue(deps.bus, due);
  if (failures.length > 0) throw failures[0];
  if (unknown.length > 0)
    throw new PermanentFault("UnknownVendor", `Vendor ${unknown.join(", ")} does not exist`);
  return DONE;
}

interface Found {
  readonly vendors: readonly Vendor[];
  readonly unknown: readonly string[];
  /** Why others could not be asked about. */
  readonly failures: readonly unknown[];
}

async function lookUpVendors(directory: Directory, order: Order): Promise<Found> {
  const ids = vendorsOf(order);
  const answers = await Promise.allSettled(ids.map((id) => directory.vendor(id)));
  const [vendors, unknown, failures]: [Vendor[], string[], unknown[]] = [[], [], []];
  for (const [position, answer] of answers.entries()) {
    if (answer.status === "rejected") failures.push(answer.reason);
    else if (answer.value === undefined) unknown.push(ids[position] ?? "");
    else vendors.push(answer.value);
  }
  return { vendors, unknown, failures };
}

const noticeFor = (order: Order, vendor: Vendor, event: EventType, { at, traceparent }: Occasion): Delivery =>
  newDelivery(
    { brandId: order.brandId, orderId: order.id },
    { event, channel: channelOf(vendor), recipient: vendor.id },
    at,
    traceparent,
  );

type Plan = (
  deps: PlanVendorNoticesDeps,
  order: Order,
  vendor: Vendor,
  occasion: Occasion,
) => Promise<Delivery | undefined>;

const planNewOrder: Plan = async ({ ledger }, order, vendor, occasion) => {
  const notice = noticeFor(order, vendor, "order.confirmed.v1", occasion);
  const gone = order.status === "cancelled" || order.status === "refunded";
  const { delivery } = await ledger.createIfAbsent(gone ? { ...notice, state: "superseded" } : notice);
  return isToDo(delivery) ? delivery : undefined;
};

const planCancellation: Plan = async ({ ledger }, order, vendor, occasion) => {
  const told = noticeFor(order, vendor, "order.confirmed.v1", occasion);
  // Where the notice of the order has not been planned yet, this keeps it from ever going out.
  const { created } = await ledger.createIfAbsent({ ...told, state: "superseded" });
  const neverTold = created || (await supersede(ledger, told, occasion.at));
  const cancellation = { ...noticeFor(order, vendor, "order.cancelled.v1", occasion), after: told.id };
  if (neverTold && !wantsCancellationAlone(order, vendor)) {
    // A run that died after this entry and before its message left one that nothing would ever settle.
    if (!created) await supersede(ledger, cancellation, occasion.at);
    return undefined;
  }
  const { delivery } = await ledger.createIfAbsent(cancellation);
  return isToDo(delivery) ? delivery : undefined;
};

/** An order that never stood is no vendor's business. */
const wantsCancellationAlone = ({ timeline }: Order, vendor: Vendor): boolean =>
  vendor.cancelledBeforeNotice === "one-notice" &&
  timeline.some(({ event }) => event === "order.confirmed.v1");

/** What is held already has its turn to come. */
const isToDo = ({ state }: Delivery): boolean =>
  state !== "superseded" && state !== "delivered" && state !== "held";

async function enqueue(bus: Bus, due: readonly (Delivery | undefined)[]): Promise<void> {
  await Promise.all(
    due.map(async (delivery) => {
      if (delivery !== undefined) await bus.send(delivery.channel, [dueMessage(delivery, 1)]);
    }),
  );
}
