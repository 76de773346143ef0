import type { AnswerChoice } from "#shared/contracts/order.ts";
import type { QuestionView } from "#shared/contracts/resources.ts";
import { escapeHtml, formatMoney, formatTime } from "../mails/mail-content.ts";
import { page } from "./page.ts";

type OpenQuestion = NonNullable<QuestionView["order"]>;

const settled: Readonly<Record<QuestionView["state"], string>> = {
  open: "",
  answered:
    "Thank you, we have your answer. We go on with your order and write to you about what comes next.",
  cancelled: "This order is cancelled. If you were charged, the money is on its way back.",
  expired: "The time for an answer is over, so this order is cancelled. You were not charged.",
};

/** What a customer sees behind the link: the question and a form for each answer, or what became of it. */
export function questionPage(view: QuestionView, locale: string, address: string): string {
  const title = `Your order ${view.reference}`;
  if (view.order === undefined) return page(title, view.brand, `<p>${settled[view.state]}</p>`);
  const { order } = view;
  const why =
    order.reason === "payment-declined"
      ? "Your bank did not accept the payment."
      : "Something you ordered is out of stock right now.";
  const until = formatTime(order.until, locale);
  return page(
    title,
    view.brand,
    [
      `<p>${why} You have not been charged. Please tell us what to do until ${escapeHtml(until)}; without an answer the order is cancelled.</p>`,
      table(order, locale),
      ...order.choices.map((choice) => form(choice, order, locale, address)),
    ].join("\n"),
  );
}

/** For a link that was not made here, or not completely copied. Says nothing about any order. */
export const unknownQuestionPage = (): string =>
  page("This link does not work", "", "<p>Please open it again from the mail, or copy it completely.</p>");

/** For an answer that could not be taken. */
export const refusedAnswerPage = (why: string): string =>
  page("That did not work", "", `<p>${escapeHtml(why)} Please go back and try again.</p>`);

function table({ lines, currency, totalMinor }: OpenQuestion, locale: string): string {
  const money = (amountMinor: number) => escapeHtml(formatMoney(amountMinor, currency, locale));
  const rows = lines.map(
    ({ sku, quantity, unitPrice, inStock }) =>
      `<tr><td>${quantity} × ${escapeHtml(sku)}</td><td>${inStock ? "in stock" : "<strong>out of stock</strong>"}</td><td>${money(quantity * unitPrice)}</td></tr>`,
  );
  return `<table><caption>What you ordered</caption>
<thead><tr><th scope="col">Goods</th><th scope="col">Stock</th><th scope="col">Price</th></tr></thead>
<tbody>${rows.join("")}<tr><th scope="row" colspan="2">Total</th><td>${money(totalMinor)}</td></tr></tbody></table>`;
}

function form(choice: AnswerChoice, order: OpenQuestion, locale: string, address: string): string {
  if (choice === "new-card" && order.cardPage !== undefined) {
    const url = new URL(order.cardPage);
    url.searchParams.set("question", address);
    return `<p><a href="${escapeHtml(url.href)}" rel="noreferrer">Pay with another card</a></p>`;
  }
  const partial = formatMoney(order.partialTotalMinor ?? 0, order.currency, locale);
  const labels: Record<AnswerChoice, string> = {
    "new-card": "Pay with this card",
    "try-again": "Try again, everything may be there by now",
    partial: `Send what is in stock, for ${partial}`,
    cancel: "Cancel the order",
  };
  const field =
    choice === "new-card"
      ? `<label for="token">Token of your new card</label><input id="token" name="token" required maxlength="200" autocomplete="off" spellcheck="false">`
      : "";
  const quiet = choice === "cancel" ? ' class="quiet"' : "";
  return `<form method="post"><input type="hidden" name="choice" value="${choice}">${field}<p><button${quiet}>${escapeHtml(labels[choice])}</button></p></form>`;
}
