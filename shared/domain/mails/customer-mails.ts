import type { Brand } from "#shared/contracts/directory.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import { composeMail, formatMoney, type MailContent } from "./mail-content.ts";

interface Wording {
  readonly template: string;
  readonly subject: (order: string) => string;
  readonly paragraphs: (order: Order) => readonly string[];
}

const nothingLost = "Nothing is lost: your order stays with us, and you need not order again.";

const wordings: Readonly<Record<EventType, Wording>> = {
  "order.placed.v1": {
    template: "order-received",
    subject: (order) => `We have your order ${order}`,
    paragraphs: () => [
      "Thank you. We have your order and are getting it ready.",
      "You will hear from us again as soon as it is confirmed.",
    ],
  },
  "order.confirmed.v1": {
    template: "order-confirmed",
    subject: (order) => `Your order ${order} is confirmed`,
    paragraphs: () => [
      "Good news: everything is in stock, your payment went through and the makers have your order.",
    ],
  },
  "order.attention-needed.v1": {
    template: "order-attention",
    subject: (order) => `We need your help with order ${order}`,
    paragraphs: (order) =>
      order.attention?.reason === "payment-declined"
        ? ["Your bank did not accept the payment.", nothingLost]
        : ["Something you ordered is out of stock right now, and you have not been charged.", nothingLost],
  },
  "order.cancelled.v1": {
    template: "order-cancelled",
    subject: (order) => `Your order ${order} is cancelled`,
    paragraphs: () => [
      "Your order is cancelled, as requested. If you were charged, the money is on its way back.",
    ],
  },
  "order.refunded.v1": {
    template: "order-refunded",
    subject: (order) => `Your money for order ${order} is on its way back`,
    paragraphs: () => ["We returned the full amount to the card you paid with."],
  },
};

/** The mail that tells the customer of one event. The wording is English; numbers follow the order's locale. */
export function customerMail(event: EventType, order: Order, brand: Brand): MailContent {
  const { template, subject, paragraphs } = wordings[event];
  const money = (amountMinor: number) => formatMoney(amountMinor, order.currency, order.locale);
  return composeMail({
    template,
    subject: subject(order.reference ?? order.id),
    greeting: `Hello ${order.customer.name},`,
    paragraphs: paragraphs(order),
    rows: [
      ...order.lines.map(
        ({ sku, quantity, unitPrice }) => [`${quantity} × ${sku}`, money(quantity * unitPrice)] as const,
      ),
      ["Total", money(order.totalMinor)],
      ["Order", order.id],
    ],
    signature: brand.name,
  });
}
