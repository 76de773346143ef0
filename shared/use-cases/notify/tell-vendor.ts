import { type Delivery, ENDPOINT_DISABLED } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { DeliveryDue } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { endpointDisabledMail, vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import type { WebhookSender } from "#shared/ports/webhook-sender.ts";
import { type Attempt, attemptDelivery, type AttemptDeliveryDeps } from "./attempt-delivery.ts";
import { changeChannel } from "./change-channel.ts";
import { disableEndpoint, type DisableEndpointDeps, tellOfDisabled } from "./disable-endpoint.ts";
import type { MessageAge } from "./hold.ts";
import { inTurn } from "./in-turn.ts";
import { mailAttempt, type SendMailDeps } from "./send-mail.ts";
import { channelOf, type VendorChannel } from "./vendor-channel.ts";

export interface TellVendorDeps extends AttemptDeliveryDeps, SendMailDeps, DisableEndpointDeps {
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
  if (delivery.event === ENDPOINT_DISABLED) {
    return await attemptDelivery(deps, delivery, age, () => prepareWarning(deps, delivery, age, vendor));
  }
  const early = await inTurn(deps, delivery, age, vendor);
  if (early !== undefined) return early;
  if (vendor !== undefined && channelOf(vendor) !== channel) {
    return await changeChannel(deps, delivery, age, channelOf(vendor));
  }
  return await attemptDelivery(deps, delivery, age, () => prepare(deps, delivery, age, vendor));
}

async function prepare(
  deps: TellVendorDeps,
  delivery: Delivery,
  age: MessageAge,
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
  if (endpoint.kind === "webhook") return await webhookAttempt(deps, delivery, { vendor, endpoint, order });
  if (brand === undefined) throw new PermanentFault("UnknownBrand", `Brand ${brandId} does not exist`);
  const notice = vendorNotice(order, vendor.id, delivery.event, delivery.createdAt);
  const to = { address: endpoint.address, name: vendor.name };
  const content = vendorMail(notice, vendor, brand, endpoint.locale);
  return mailAttempt(deps, delivery, age, { brand, to, content });
}

/** To the people behind a webhook, in the name of the brand whose notice it did not want. */
async function prepareWarning(
  deps: TellVendorDeps,
  delivery: Delivery,
  age: MessageAge,
  vendor: Vendor | undefined,
): Promise<Attempt> {
  const brand = await deps.directory.brand(delivery.brandId);
  if (brand === undefined)
    throw new PermanentFault("UnknownBrand", `Brand ${delivery.brandId} does not exist`);
  if (vendor?.contact === undefined)
    throw new PermanentFault("NoContact", `Vendor ${delivery.recipient} can be told nowhere`);
  const to = { address: vendor.contact, name: vendor.name };
  return mailAttempt(deps, delivery, age, { brand, to, content: endpointDisabledMail(vendor, brand) });
}

interface WebhookNotice {
  readonly vendor: Vendor;
  readonly endpoint: Extract<Vendor["endpoint"], { kind: "webhook" }>;
  readonly order: Order;
}

async function webhookAttempt(
  deps: TellVendorDeps,
  delivery: Delivery,
  { vendor, endpoint, order }: WebhookNotice,
): Promise<Attempt> {
  const { url, secret, disabled } = endpoint;
  const whose = { vendor, brandId: delivery.brandId };
  if (disabled !== undefined) {
    await tellOfDisabled(deps, whose, disabled.since);
    throw new PermanentFault("EndpointDisabled", `${disabled.reason} on ${disabled.since}`);
  }
  const body = JSON.stringify(vendorNotice(order, vendor.id, delivery.event, delivery.createdAt));
  const post = async (): Promise<void> => {
    try {
      await deps.webhooks.post({ url, id: delivery.id, body, secret });
    } catch (error) {
      const isGone = error instanceof PermanentFault && error.reason === "Gone";
      if (isGone) await disableEndpoint(deps, whose, url, error.message);
      throw error;
    }
  };
  return { circuit: `webhook:${vendor.id}`, tell: post };
}
