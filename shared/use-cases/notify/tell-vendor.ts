import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { DeliveryDue } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { operationIdFor } from "#shared/domain/ids.ts";
import { vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Mailer } from "#shared/ports/mailer.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import type { WebhookSender } from "#shared/ports/webhook-sender.ts";
import { attemptDelivery, type AttemptDeliveryDeps, type MessageAge, type Tell } from "./attempt-delivery.ts";
import { supersede } from "./supersede.ts";
import { sendOnce } from "./tell-customer.ts";

export interface TellVendorDeps extends AttemptDeliveryDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly mailer: Mailer;
  readonly webhooks: WebhookSender;
}

/** How long a cancellation waits before it looks again whether the notice of the order is settled. */
const LOOK_AGAIN_AFTER_MS = 2_000;

/** Tells one vendor of its own lines of one order, by webhook or by mail, whichever the delivery is for. */
export async function tellVendor(
  deps: TellVendorDeps,
  message: DeliveryDue,
  age: MessageAge,
): Promise<Outcome> {
  const { deliveryId, ...ref } = message.data;
  const delivery = await deps.ledger.get(ref.orderId, deliveryId);
  if (delivery === undefined) throw new TransientFault(`Delivery ${deliveryId} is not visible yet`);
  const wait = await waitForPredecessor(deps, delivery);
  if (wait !== undefined) return wait;
  return await attemptDelivery(deps, delivery, age, async (repeated) => {
    const [order, vendor] = await Promise.all([
      deps.orders.get(ref),
      deps.directory.vendor(delivery.recipient),
    ]);
    if (order === undefined) throw new TransientFault(`Order ${ref.orderId} is not visible yet`);
    if (vendor === undefined)
      throw new PermanentFault("UnknownVendor", `Vendor ${delivery.recipient} does not exist`);
    await tellBy(deps, order, vendor, delivery)(repeated);
  });
}

/**
 * A cancellation never overtakes the notice of the order, and where that notice never went out, it is not sent either.
 * Waiting costs the delivery no attempt of its own.
 */
async function waitForPredecessor(deps: TellVendorDeps, delivery: Delivery): Promise<Outcome | undefined> {
  if (delivery.after === undefined) return undefined;
  const before = await deps.ledger.get(delivery.orderId, delivery.after);
  if (before?.state === "delivered") return undefined;
  const nowMs = deps.system.now();
  const at = new Date(nowMs).toISOString();
  const neverTold = await supersede(deps.ledger, { id: delivery.after, orderId: delivery.orderId }, at);
  if (neverTold) {
    await supersede(deps.ledger, delivery, at);
    return DONE;
  }
  // Nobody will settle a parked notice that may have arrived: the cancellation is then the safer thing to send.
  if (before?.state === "parked") return undefined;
  return { kind: "retry", atMs: nowMs + LOOK_AGAIN_AFTER_MS };
}

function tellBy(deps: TellVendorDeps, order: Order, vendor: Vendor, delivery: Delivery): Tell {
  const { endpoint } = vendor;
  const notice = vendorNotice(order, vendor.id, delivery.event, delivery.createdAt);
  if (delivery.channel === "vendor-webhook") {
    if (endpoint.kind !== "webhook") throw endpointChanged(vendor);
    const { url, secret } = endpoint;
    return () => deps.webhooks.post({ url, id: delivery.id, body: JSON.stringify(notice), secret });
  }
  if (endpoint.kind !== "email") throw endpointChanged(vendor);
  const { address, locale } = endpoint;
  return async (repeated) => {
    const brand = await deps.directory.brand(order.brandId);
    if (brand === undefined)
      throw new PermanentFault("UnknownBrand", `Brand ${order.brandId} does not exist`);
    const { template, subject, text, html } = vendorMail(notice, vendor, brand, locale);
    const mail = {
      operationId: operationIdFor(delivery.id),
      from: brand.mailFrom,
      to: { address, name: vendor.name },
      subject,
      text,
      html,
      headers: {
        "X-Expedite-Order": order.id,
        "X-Expedite-Template": template,
        "X-Expedite-Delivery": delivery.id,
      },
    };
    await sendOnce(deps.mailer, mail, repeated);
  };
}

const endpointChanged = (vendor: Vendor): PermanentFault =>
  new PermanentFault("EndpointChanged", `Vendor ${vendor.id} is no longer told by this channel`);
