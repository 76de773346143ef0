import * as fc from "fast-check";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { OrderRequest as OrderRequestSchema } from "#shared/contracts/order-request.ts";

/** Any order body that the contract takes, with the texts that people and attackers type. */
export function arbitraryOrderRequest(): fc.Arbitrary<OrderRequest> {
  return fc
    .record(
      {
        currency: fc.constantFrom(...Intl.supportedValuesOf("currency")),
        locale: fc.constantFrom("en-AU", "de-DE", "ja-JP", "ar-KW", "fr-CH", "tr", "en-u-nu-arab"),
        reference: arbitraryText(64),
        customer: fc.record({
          email: fc.constantFrom("sam@example.com", "o'brien+tag@example.co.uk"),
          name: arbitraryText(200),
        }),
        shippingAddress: fc.record(
          {
            line1: arbitraryText(200),
            line2: arbitraryText(200),
            city: arbitraryText(100),
            region: arbitraryText(100),
            postcode: arbitraryText(20),
            country: fc.constantFrom("AU", "DE", "JP"),
          },
          { requiredKeys: ["line1", "city", "postcode", "country"] },
        ),
        lines: fc.array(arbitraryLine(), { minLength: 1, maxLength: 6 }),
        payment: fc.record({ token: fc.constantFrom("tok_visa", "tok_declined") }),
      },
      { requiredKeys: ["currency", "locale", "customer", "shippingAddress", "lines", "payment"] },
    )
    .map((body) => OrderRequestSchema.safeParse(body))
    .filter((parsed) => parsed.success)
    .map(({ data }) => data);
}

const arbitraryLine = () =>
  fc.record({
    sku: fc.constantFrom("PANCAKE-MIX", "BUTTER", "MAPLE-SYRUP", "a.b_c-9"),
    quantity: fc.integer({ min: 1, max: 1000 }),
    unitPrice: fc.oneof(fc.constantFrom(0, 1, 5, 99, 1250), fc.integer({ min: 0, max: 100_000_000 })),
    vendorId: fc.constantFrom("vendor-mill", "vendor-dairy", "vendor-knit"),
  });

/** Text with markup, quotes, line breaks and letters of the whole world; the contract decides what passes. */
export function arbitraryText(maxLength: number): fc.Arbitrary<string> {
  const nasty = fc.constantFrom(
    "<script>alert(1)</script>",
    "\r\nBcc: victim@example.com",
    "&amp;&#39;\"'<>",
    "${constructor}",
    "Zoë 𝒳 ☕",
    "\u202etxt.exe",
    "; DROP TABLE orders",
  );
  const plain = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
  return fc
    .array(fc.oneof({ weight: 1, arbitrary: nasty }, { weight: 3, arbitrary: plain }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => parts.join(" ").slice(0, maxLength));
}
