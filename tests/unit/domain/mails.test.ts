import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { customerEvents } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder, placeOrder } from "#shared/domain/order.ts";
import { askCustomer, followUp } from "#shared/domain/question.ts";
import { customerMail } from "#shared/domain/mails/customer-mails.ts";
import { composeMail, escapeHtml, formatMoney, type MailText } from "#shared/domain/mails/mail-content.ts";
import { vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import { arbitraryOrderRequest, arbitraryText } from "../../builders/arbitrary.ts";
import { aBrand, aVendor } from "../../builders/directory.ts";
import { anOccasion, anOrder, moved } from "../../builders/orders.ts";

const URL_OF_ANSWER = "https://shop.example/api/questions/a.b?c=1&d=2";
const anyText = () => arbitraryText(100);
const anyMail = (): fc.Arbitrary<MailText> =>
  fc.record({
    template: fc.constant("order-received"),
    subject: anyText(),
    greeting: anyText(),
    paragraphs: fc.array(anyText(), { maxLength: 3 }),
    rows: fc.array(fc.tuple(anyText(), anyText()), { maxLength: 4 }),
    signature: anyText(),
  });

const tagsIn = (html: string): string[] => html.match(/<[^>]*>/g) ?? [];
const plain = (mail: MailText): MailText => ({
  template: mail.template,
  subject: "a",
  greeting: "b",
  paragraphs: mail.paragraphs.map(() => "c"),
  rows: mail.rows.map(() => ["d", "e"] as const),
  signature: "f",
});

describe("the HTML of a mail", () => {
  test("has the same tags whatever people typed: no text becomes markup", () => {
    fc.assert(
      fc.property(anyMail(), (mail) => {
        expect(tagsIn(composeMail(mail).html)).toEqual(tagsIn(composeMail(plain(mail)).html));
      }),
    );
  });

  test("shows every text as it was typed", () => {
    fc.assert(
      fc.property(anyMail(), (mail) => {
        const { html, text } = composeMail(mail);
        for (const typed of [mail.greeting, ...mail.paragraphs, ...mail.rows.flat(), mail.signature]) {
          expect(html).toContain(`>${escapeHtml(typed)}<`);
          expect(text).toContain(typed);
        }
      }),
    );
  });

  test("escaping leaves nothing that could open a tag, an attribute or an entity, and loses nothing", () => {
    const decoded: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    fc.assert(
      fc.property(anyText(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        expect(escaped.replaceAll(/&(#?\w+);/g, (_, name: string) => decoded[name] ?? "?")).toBe(text);
      }),
    );
  });
});

/** What would begin a new header, or hide one. */
const LINE_BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]/u;

describe("the subject of a mail", () => {
  test("is one line, whatever the order or the names of brand and vendor hold", () => {
    const whatever = fc.tuple(arbitraryOrderRequest(), anyText(), fc.constantFrom(...customerEvents));
    fc.assert(
      fc.property(whatever, ([request, name, event]) => {
        const order = placeOrder("pancake-palace", "key-1", request, anOccasion());
        const brand = aBrand({ name });
        const notice = vendorNotice(order, "vendor-mill", event, order.createdAt);
        const subjects = [
          customerMail(event, order, brand).subject,
          vendorMail(notice, aVendor({ name }), brand, "en-AU").subject,
        ];
        for (const subject of subjects) expect(subject).not.toMatch(LINE_BREAKS);
      }),
    );
  });

  test("names the order as the storefront does, or by its id", () => {
    const order = anOrder({ reference: "W-10042" });
    expect(customerMail("order.confirmed.v1", order, aBrand()).subject).toBe(
      "Your order W-10042 is confirmed",
    );
    const { reference: _none, ...unnamed } = order;
    expect(customerMail("order.confirmed.v1", unnamed, aBrand()).subject).toContain(order.id);
  });
});

describe("the customer's mail", () => {
  test("each event has a template of its own, and a text of its own", () => {
    const mails = customerEvents.map((event) => customerMail(event, anOrder(), aBrand(), URL_OF_ANSWER));
    expect(new Set(mails.map(({ template }) => template)).size).toBe(customerEvents.length);
    // The reminder repeats the question, under a subject of its own.
    expect(new Set(mails.map(({ subject }) => subject)).size).toBe(customerEvents.length);
  });

  test("lists what was ordered and what it costs, in the order's own currency and locale", () => {
    const { text } = customerMail("order.placed.v1", anOrder({ currency: "EUR", locale: "de-DE" }), aBrand());
    const lines = text.replaceAll("\u00a0", " ").split("\n");
    expect(lines).toContain("2 × PANCAKE-MIX: 25,00 €");
    expect(lines).toContain("1 × BUTTER: 6,40 €");
    expect(lines).toContain("Total: 31,40 €");
  });

  test("a declined card and missing goods are told apart, and neither says that the order is lost", () => {
    const [declined, short] = (["payment-declined", "out-of-stock"] as const).map((reason) => {
      const order = moved(
        askCustomer(anOrder({ locale: "en-US" }), { reason, skus: ["BUTTER"] }, anOccasion()),
      );
      return customerMail("order.attention-needed.v1", order, aBrand(), URL_OF_ANSWER).text;
    });
    expect(declined).toContain("did not accept the payment");
    expect(short).toContain("Out of stock right now: BUTTER. You have not been charged.");
    for (const text of [declined, short]) {
      expect(text).toContain("Nothing is lost");
      expect(text).toContain("January 4, 2026");
    }
  });

  test("only a question carries the link to its answer, in the text as it is and in the HTML as a link", () => {
    const order = moved(
      askCustomer(anOrder({ locale: "en-US" }), { reason: "payment-declined" }, anOccasion()),
    );
    for (const event of customerEvents) {
      const { text, html } = customerMail(event, order, aBrand(), URL_OF_ANSWER);
      const isQuestion = event.startsWith("order.attention-");
      expect(text.split("\n").includes(URL_OF_ANSWER), event).toBe(isQuestion);
      expect(html.includes(`<a href="${escapeHtml(URL_OF_ANSWER)}">`), event).toBe(isQuestion);
    }
  });

  test("whoever did not answer is told why the order is cancelled, and that nothing was taken", () => {
    const asked = moved(askCustomer(anOrder(), { reason: "payment-declined" }, anOccasion()));
    const unanswered = moved(followUp(asked, { at: asked.attention?.until ?? "" }));
    const { text } = customerMail("order.cancelled.v1", unanswered, aBrand());
    expect(text).toContain("did not hear from you");
    expect(text).toContain("You were not charged");
    const asWished = moved(cancelOrder(anOrder(), "changed my mind", anOccasion()));
    expect(customerMail("order.cancelled.v1", asWished, aBrand()).text).toContain("as requested");
    // A reason of the brand's own that happens to be the same word.
    const charged = moved(
      cancelOrder(moved(confirmOrder(anOrder(), anOccasion())), "unanswered", anOccasion()),
    );
    expect(customerMail("order.cancelled.v1", charged, aBrand()).text).not.toContain("You were not charged");
  });
});

describe("money", () => {
  test.each([
    ["AUD", 1250, "A$12.50"],
    ["AUD", 5, "A$0.05"],
    ["JPY", 1250, "¥1,250"],
    ["KWD", 1250, "KWD 1.250"],
    ["HUF", 1250, "HUF 12.50"],
    ["IQD", 1250, "IQD 1.250"],
    ["CLF", 12_500, "CLF 1.2500"],
  ])("%s %i is written as %s", (currency, amountMinor, expected) => {
    expect(formatMoney(amountMinor, currency, "en-US").replaceAll("\u00a0", " ")).toBe(expected);
  });

  test("no digit of any amount in any currency is lost", () => {
    const amount = fc.integer({ min: 0, max: 10 ** 13 });
    fc.assert(
      fc.property(amount, fc.constantFrom(...Intl.supportedValuesOf("currency")), (amountMinor, currency) => {
        const digits = formatMoney(amountMinor, currency, "en-US").replaceAll(/\D/g, "");
        expect(Number(digits)).toBe(amountMinor);
      }),
    );
  });

  test("any locale that the contract takes can be written in", () => {
    fc.assert(
      fc.property(arbitraryOrderRequest(), ({ currency, locale }) => {
        expect(formatMoney(123_456, currency, locale)).toMatch(/\p{Nd}/u);
      }),
    );
  });
});
