import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeOrder } from "#shared/domain/order.ts";
import { vendorMail } from "#shared/domain/mails/vendor-mails.ts";
import { vendorNotice } from "#shared/domain/vendor-notice.ts";
import { arbitraryOrderRequest } from "../../builders/arbitrary.ts";
import { aBrand, aVendorByMail, EMAIL_VENDOR, WEBHOOK_VENDOR } from "../../builders/directory.ts";
import { anOccasion, anOrder, NOON } from "../../builders/orders.ts";

const OURS = "vendor-mill";

describe("what a vendor is told", () => {
  test("are its own lines, all of them, and nothing of anybody else's", () => {
    fc.assert(
      fc.property(arbitraryOrderRequest(), (request) => {
        const order = placeOrder("pancake-palace", "key-1", request, anOccasion());
        const { data } = vendorNotice(order, OURS, "order.confirmed.v1", NOON);
        const own = request.lines.filter(({ vendorId }) => vendorId === OURS);
        expect(data.lines).toEqual(own.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice })));
        expect(JSON.stringify(data)).not.toMatch(/vendor-(?!mill)/);
      }),
    );
  });

  test.each(["order.confirmed.v1", "order.cancelled.v1"] as const)(
    "of %s is neither the customer's mail address nor how the order is paid for",
    (event) => {
      fc.assert(
        fc.property(arbitraryOrderRequest(), (request) => {
          const order = placeOrder("pancake-palace", "key-1", request, anOccasion());
          const notice = vendorNotice(order, OURS, event, NOON);
          const mail = vendorMail(notice, aVendorByMail(), aBrand(), "en-AU");
          for (const told of [JSON.stringify(notice), mail.text, mail.html]) {
            expect(told).not.toContain(order.customer.email);
            expect(told).not.toContain(order.payment.token);
            expect(told).not.toContain(order.payment.key);
          }
        }),
      );
    },
  );

  test("of a new order is where the goods go", () => {
    const { data } = vendorNotice(anOrder(), WEBHOOK_VENDOR, "order.confirmed.v1", NOON);
    expect(data.shipTo).toEqual({
      name: "Sam Field",
      line1: "1 High St",
      city: "Perth",
      postcode: "6000",
      country: "AU",
    });
  });

  test("of a cancellation is no address any more", () => {
    const notice = vendorNotice(anOrder(), EMAIL_VENDOR, "order.cancelled.v1", NOON);
    expect(notice.data).not.toHaveProperty("shipTo");
    expect(vendorMail(notice, aVendorByMail(), aBrand(), "en-AU").text).not.toContain("High St");
  });

  test("by mail is the same as by webhook", () => {
    const notice = vendorNotice(anOrder(), EMAIL_VENDOR, "order.confirmed.v1", NOON);
    const { template, subject, text } = vendorMail(notice, aVendorByMail(), aBrand(), "en-AU");
    expect([template, subject]).toEqual(["vendor-new-order", "New order: W-10042 from Pancake Palace"]);
    expect(text.replaceAll("\u00a0", " ")).toContain("1 × BUTTER: $6.40");
    expect(text).toContain("Send to: Sam Field, 1 High St, Perth, 6000, AU");
    expect(text).not.toContain("PANCAKE-MIX");
  });
});
