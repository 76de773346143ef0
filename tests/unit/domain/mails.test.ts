import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventTypes } from "#shared/contracts/order.ts";
import { placeOrder } from "#shared/domain/order.ts";
import { customerMail } from "#shared/domain/mails/customer-mails.ts";
import { composeMail, escapeHtml, formatMoney, type MailText } from "#shared/domain/mails/mail-content.ts";
import { vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import { arbitraryOrderRequest, arbitraryText } from "../../builders/arbitrary.ts";
import { aBrand, aVendor } from "../../builders/directory.ts";
import { anOccasion, anOrder } from "../../builders/orders.ts";

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
    const whatever = fc.tuple(arbitraryOrderRequest(), anyText(), fc.constantFrom(...eventTypes));
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
    const mails = eventTypes.map((event) => customerMail(event, anOrder(), aBrand()));
    expect(new Set(mails.map(({ template }) => template)).size).toBe(eventTypes.length);
    expect(new Set(mails.map(({ text }) => text)).size).toBe(eventTypes.length);
  });

  test("lists what was ordered and what it costs, in the order's own currency and locale", () => {
    const { text } = customerMail("order.placed.v1", anOrder({ currency: "EUR", locale: "de-DE" }), aBrand());
    const lines = text.replaceAll("\u00a0", " ").split("\n");
    expect(lines).toContain("2 × PANCAKE-MIX: 25,00 €");
    expect(lines).toContain("1 × BUTTER: 6,40 €");
    expect(lines).toContain("Total: 31,40 €");
  });

  test("a declined card and missing goods are told apart, and neither says that the order is lost", () => {
    const since = "2026-01-01T12:00:00.000Z";
    const [declined, short] = (["payment-declined", "out-of-stock"] as const).map(
      (reason) =>
        customerMail("order.attention-needed.v1", anOrder({ attention: { reason, since } }), aBrand()).text,
    );
    expect(declined).toContain("did not accept the payment");
    expect(short).toContain("you have not been charged");
    for (const text of [declined, short]) expect(text).toContain("Nothing is lost");
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
