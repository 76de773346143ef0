import { z } from "zod";
import { CurrencyCode, UnitPriceMinor } from "./money.ts";

/** SKUs and vendor ids become document ids, so they keep to characters that are legal there. */
const Code = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, '.', '_' or '-'");

/** Text that people typed: trimmed, no control characters (they could forge mail headers). */
const text = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, "must not contain control characters")
    .refine((value) => value.isWellFormed(), "must be well-formed Unicode");

export const Customer = z.strictObject({
  email: z
    .email()
    .max(254)
    .meta({ examples: ["sam@example.com"] }),
  name: text(200).meta({ examples: ["Sam Field"] }),
});

export const Address = z.strictObject({
  line1: text(200),
  line2: text(200).optional(),
  city: text(100),
  region: text(100).optional(),
  postcode: text(20),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code")
    .meta({ examples: ["AU"] }),
});

export const OrderLine = z.strictObject({
  sku: Code.meta({ examples: ["PANCAKE-MIX"] }),
  quantity: z.int().min(1).max(1000),
  unitPrice: UnitPriceMinor,
  vendorId: Code.meta({ examples: ["vendor-mill"] }),
});

export const CardToken = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 printable ASCII characters")
  .meta({ description: "One-time token of the payment provider; never card data" });

const isLocale = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
};

/** What a storefront posts. Unknown members are refused: a misspelt field must not be lost silently. */
export const OrderRequest = z
  .strictObject({
    currency: CurrencyCode,
    locale: z
      .string()
      .max(35)
      .refine(isLocale, "is not a BCP 47 language tag")
      .meta({ description: "BCP 47 language tag for mails", examples: ["en-AU"] }),
    reference: text(64).optional().meta({ description: "The storefront's own number of the order" }),
    customer: Customer,
    shippingAddress: Address,
    lines: z.array(OrderLine).min(1).max(100),
    payment: z.strictObject({
      token: CardToken,
    }),
  })
  .meta({ id: "OrderRequest" });

export type OrderRequest = z.infer<typeof OrderRequest>;
export type OrderLine = z.infer<typeof OrderLine>;

/** Order bodies above this are refused with 413; a hundred full lines fit four times. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The header that makes a POST repeatable; scoped to the brand. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 printable ASCII characters without spaces");
