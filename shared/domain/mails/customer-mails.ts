import type { Brand } from "#shared/contracts/directory.ts";
import { type CustomerEvent, type Order, UNANSWERED } from "#shared/contracts/order.ts";
import { composeMail, formatMoney, formatTime, type MailContent } from "./mail-content.ts";

interface Wording {
  readonly template: string;
  readonly subject: (order: string) => string;
  readonly paragraphs: (order: Order) => readonly string[];
}

const nothingLost = "Nothing is lost: your order stays with us, and you need not order again.";

const question = (order: Order): readonly string[] => [
  order.attention?.reason === "out-of-stock"
    ? `Out of stock right now: ${order.attention.skus.join(", ")}. You have not been charged.`
    : "Your bank did not accept the payment.",
  nothingLost,
  ...(order.attention === undefined
    ? []
    : [
        `Please tell us what to do until ${formatTime(order.attention.until, order.locale)}. Without an answer we cancel the order.`,
      ]),
];

const wordings: Readonly<Record<CustomerEvent, Wording>> = {
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
    paragraphs: (order) => [
      order.droppedLines === undefined
        ? "Good news: everything is in stock, your payment went through and the makers have your order."
        : "Good news: as you wished, we send what is in stock. Your payment went through and the makers have your order.",
    ],
  },
  "order.attention-needed.v1": {
    template: "order-attention",
    subject: (order) => `We need your help with order ${order}`,
    paragraphs: question,
  },
  "order.attention-reminder.v1": {
    template: "order-attention-reminder",
    subject: (order) => `Your order ${order} still waits for you`,
    paragraphs: question,
  },
  "order.fulfilled.v1": {
    template: "order-fulfilled",
    subject: (order) => `Your order ${order} is on its way`,
    paragraphs: () => ["Everything you ordered has been handed over and is on its way to you."],
  },
  "order.cancelled.v1": {
    template: "order-cancelled",
    subject: (order) => `Your order ${order} is cancelled`,
    paragraphs: (order) => [
      wasUnanswered(order)
        ? "We did not hear from you, so your order is cancelled. You were not charged."
        : "Your order is cancelled, as requested. If you were charged, the money is on its way back.",
    ],
  },
  "order.refunded.v1": {
    template: "order-refunded",
    subject: (order) => `Your money for order ${order} is on its way back`,
    paragraphs: () => ["We returned the full amount to the card you paid with."],
  },
};

/** Brands give reasons of their own, in any words: only after a question it was no answer that ended the order. */
const wasUnanswered = ({ timeline }: Order): boolean =>
  timeline.some(
    ({ event, detail }, position) =>
      event === "order.cancelled.v1" &&
      detail === UNANSWERED &&
      timeline[position - 1]?.event.startsWith("order.attention-") === true,
  );

/**
 * The mail that tells the customer of one event; `answerUrl` is where an open question is answered. The wording is English;
 * numbers and times follow the order's locale.
 */
export function customerMail(
  event: CustomerEvent,
  order: Order,
  brand: Brand,
  answerUrl?: string,
): MailContent {
  const { template, subject, paragraphs } = wordings[event];
  const money = (amountMinor: number) => formatMoney(amountMinor, order.currency, order.locale);
  const isQuestion = event === "order.attention-needed.v1" || event === "order.attention-reminder.v1";
  return composeMail({
    template,
    subject: subject(order.reference ?? order.id),
    greeting: `Hello ${order.customer.name},`,
    paragraphs: paragraphs(order),
    link: isQuestion && answerUrl !== undefined ? { label: "Answer here", url: answerUrl } : undefined,
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
