import type { EventType, Order, OrderRef } from "#shared/contracts/order.ts";
import { operationIdFor } from "#shared/domain/ids.ts";
import { customerMail } from "#shared/domain/mails/customer-mails.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Mail, Mailer } from "#shared/ports/mailer.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { attemptDelivery, type AttemptDeliveryDeps, type MessageAge } from "./attempt-delivery.ts";
import { newDelivery } from "./new-delivery.ts";

export interface TellCustomerDeps extends AttemptDeliveryDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly mailer: Mailer;
}

/** Mails the customer about one event of the order: at most one mail per order and event, however often it runs. */
export async function tellCustomer(
  deps: TellCustomerDeps,
  ref: OrderRef,
  event: EventType,
  age: MessageAge,
): Promise<Outcome> {
  const order = await deps.orders.get(ref);
  if (order === undefined) throw new TransientFault(`Order ${ref.orderId} is not visible yet`);
  const at = new Date(deps.system.now()).toISOString();
  const fresh = newDelivery(ref, { event, channel: "customer-email", recipient: "customer" }, at);
  const { delivery } = await deps.ledger.createIfAbsent(fresh);
  return await attemptDelivery(deps, delivery, age, async (repeated) => {
    const mail = await writeMail(deps.directory, order, event, delivery.id);
    await sendOnce(deps.mailer, mail, repeated);
  });
}

/** Asks the provider first where an earlier attempt may have got through. */
export async function sendOnce(mailer: Mailer, mail: Mail, repeated: boolean): Promise<void> {
  if (repeated) {
    const outcome = await mailer.outcome(mail.operationId);
    if (outcome === "sent" || outcome === "under-way") return;
  }
  await mailer.send(mail);
}

async function writeMail(
  directory: Directory,
  order: Order,
  event: EventType,
  deliveryId: string,
): Promise<Mail> {
  const brand = await directory.brand(order.brandId);
  if (brand === undefined) throw new PermanentFault("UnknownBrand", `Brand ${order.brandId} does not exist`);
  const { template, subject, text, html } = customerMail(event, order, brand);
  return {
    operationId: operationIdFor(deliveryId),
    from: brand.mailFrom,
    to: { address: order.customer.email, name: order.customer.name },
    subject,
    text,
    html,
    headers: {
      "X-Expedite-Order": order.id,
      "X-Expedite-Template": template,
      "X-Expedite-Delivery": deliveryId,
    },
  };
}
