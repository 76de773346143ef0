import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { DeliveryDue } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import type { WebhookSender } from "#shared/ports/webhook-sender.ts";
import { type Attempt, attemptDelivery, type AttemptDeliveryDeps } from "./attempt-delivery.ts";
import { changeChannel } from "./change-channel.ts";
import type { MessageAge } from "./hold.ts";
import { inTurn } from "./in-turn.ts";
import { mailAttempt, type SendMailDeps } from "./send-mail.ts";
import { channelOf, type VendorChannel } from "./vendor-channel.ts";

export interface TellVendorDeps extends AttemptDeliveryDeps, SendMailDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly webhooks: WebhookSender;
  readonly bus: Bus;
}

/**
 * Tells one vendor of its own lines of one order, by the channel that it has now: where it has changed since, the
 * delivery moves to the other channel's queue.
 */
export async function tellVendor(
  deps: TellVendorDeps,
  message: DeliveryDue,
  age: MessageAge,
  channel: VendorChannel,
): Promise<Outcome> {
  const { deliveryId, orderId } = message.data;
  const delivery = await deps.ledger.get(orderId, deliveryId);
  if (delivery === undefined) throw new TransientFault(`Delivery ${deliveryId} is not visible yet`);
  const vendor = await deps.directory.vendor(delivery.recipient);
  const early = await inTurn(deps, delivery, age, vendor);
  if (early !== undefined) return early;
  if (vendor !== undefined && channelOf(vendor) !== channel) {
    return await changeChannel(deps, delivery, age, channelOf(vendor));
  }
  return await attemptDelivery(deps, delivery, age, () => prepare(deps, delivery, vendor));
}

async function prepare(
  deps: TellVendorDeps,
  delivery: Delivery,
  vendor: Vendor | undefined,
): Promise<Attempt> {
  const { brandId, orderId, recipient } = delivery;
  const [order, brand] = await Promise.all([
    deps.orders.get({ brandId, orderId }),
    deps.directory.brand(brandId),
  ]);
  if (order === undefined) throw new TransientFault(`Order ${orderId} is not visible yet`);
  if (vendor === undefined) throw new PermanentFault("UnknownVendor", `Vendor ${recipient} does not exist`);
  const { endpoint } = vendor;
  if (endpoint.kind === "webhook") return webhookAttempt(deps, delivery, vendor, endpoint, order);
  if (brand === undefined) throw new PermanentFault("UnknownBrand", `Brand ${brandId} does not exist`);
  const notice = vendorNotice(order, vendor.id, delivery.event, delivery.createdAt);
  const to = { address: endpoint.address, name: vendor.name };
  const content = vendorMail(notice, vendor, brand, endpoint.locale);
  return mailAttempt(deps, delivery, { brand, to, content });
}

function webhookAttempt(
  { webhooks }: TellVendorDeps,
  { id, event, createdAt }: Delivery,
  vendor: Vendor,
  { url, secret }: Extract<Vendor["endpoint"], { kind: "webhook" }>,
  order: Order,
): Attempt {
  const body = JSON.stringify(vendorNotice(order, vendor.id, event, createdAt));
  return { circuit: `webhook:${vendor.id}`, tell: () => webhooks.post({ url, id, body, secret }) };
}
