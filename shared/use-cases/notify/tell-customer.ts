import type { Delivery } from "#shared/contracts/delivery.ts";
import type { DeliveryDue, OrderEvent } from "#shared/contracts/messages.ts";
import { customerEvents, type Order } from "#shared/contracts/order.ts";
import { customerMail } from "#shared/domain/mails/customer-mails.ts";
import type { QuestionLinks } from "#shared/domain/question-link.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { type Attempt, attemptDelivery, type AttemptDeliveryDeps } from "./attempt-delivery.ts";
import type { MessageAge } from "./hold.ts";
import { newDelivery } from "./new-delivery.ts";
import { mailAttempt, type SendMailDeps } from "./send-mail.ts";
import { giveUp } from "./supersede.ts";

export interface TellCustomerDeps extends AttemptDeliveryDeps, SendMailDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
  readonly links: QuestionLinks;
}

/**
 * Mails the customer about one event of the order: at most one mail per order and event, however often it runs, and none
 * that is overtaken. The message is the event itself, or names the delivery when it was held and is released.
 */
export async function tellCustomer(
  deps: TellCustomerDeps,
  message: OrderEvent | DeliveryDue,
  age: MessageAge,
): Promise<Outcome> {
  const { brandId, orderId } = message.data;
  const order = await deps.orders.get({ brandId, orderId });
  if (order === undefined) throw new TransientFault(`Order ${orderId} is not visible yet`);
  const delivery = await deliveryOf(deps, message, age.traceparent);
  if (isOvertaken(order, delivery)) {
    await giveUp(deps.ledger, delivery, new Date(deps.system.now()).toISOString());
    return DONE;
  }
  return await attemptDelivery(deps, delivery, age, () => writeMail(deps, order, delivery, age));
}

/** What the mail would say is so no longer: its question was settled, or the order that it confirms was cancelled. */
function isOvertaken({ status, attention }: Order, { event, question }: Delivery): boolean {
  if (question !== undefined) return attention?.question !== question;
  return event === "order.confirmed.v1" && (status === "cancelled" || status === "refunded");
}

async function deliveryOf(
  deps: TellCustomerDeps,
  message: OrderEvent | DeliveryDue,
  traceparent: string | undefined,
): Promise<Delivery> {
  const { brandId, orderId } = message.data;
  if (message.type === "delivery.due.v1") {
    const known = await deps.ledger.get(orderId, message.data.deliveryId);
    if (known === undefined)
      throw new TransientFault(`Delivery ${message.data.deliveryId} is not visible yet`);
    return known;
  }
  const at = new Date(deps.system.now()).toISOString();
  const { question } = message.data;
  const about = { event: message.type, ...(question === undefined ? {} : { question }) };
  const notice = { ...about, channel: "customer-email", recipient: "customer" } as const;
  const fresh = newDelivery({ brandId, orderId }, notice, at, traceparent);
  const { delivery } = await deps.ledger.createIfAbsent(fresh);
  return delivery;
}

async function writeMail(
  deps: TellCustomerDeps,
  order: Order,
  delivery: Delivery,
  age: MessageAge,
): Promise<Attempt> {
  const brand = await deps.directory.brand(order.brandId);
  if (brand === undefined) throw new PermanentFault("UnknownBrand", `Brand ${order.brandId} does not exist`);
  const event = customerEvents.find((one) => one === delivery.event);
  if (event === undefined) throw new PermanentFault("NoSuchMail", `There is no mail about ${delivery.event}`);
  const content = customerMail(event, order, brand, deps.links.urlFor(order));
  const to = { address: order.customer.email, name: order.customer.name };
  return mailAttempt(deps, delivery, age, { brand, to, content });
}
